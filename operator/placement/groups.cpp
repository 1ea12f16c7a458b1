#include "operator/placement/groups.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace faasbatch::placement {

Groups::Groups(const Demand& demand, const Graph& graph, const GroupingLimits& limits,
               std::span<const StepWeight> weights)
    : demand_(demand),
      limits_(limits),
      nodes_(limits.freeScale.size()),
      parent_(demand.steps.size()),
      size_(demand.steps.size(), 1) {
  std::iota(nodes_.begin(), nodes_.end(), 0);
  std::ranges::stable_sort(nodes_, std::ranges::greater{},
                           [&](std::size_t node) { return limits.freeScale[node]; });
  std::iota(parent_.begin(), parent_.end(), 0);
  groups_.reserve(demand.steps.size());
  for (StepIndex i = 0; i < demand.steps.size(); ++i) {
    Group group{.functions = demand.steps[i].functions, .allowed = NodeSet(nodes_.size(), true)};
    for (const FunctionIndex function : group.functions) {
      group.allowed &= limits.allowed[function];
      group.scale += demand.functions[function].scale;
    }
    if (graph.hasSuccessor(i)) group.bytes = weights[i].outputBytes;
    groups_.push_back(std::move(group));
  }
}

std::uint32_t Groups::find(StepIndex step) const {
  while (parent_[step] != step) step = parent_[step] = parent_[parent_[step]];
  return step;
}

Groups::Group Groups::merged(const Group& a, const Group& b) const {
  Group group{.allowed = a.allowed, .bytes = a.bytes + b.bytes};
  std::ranges::set_union(a.functions, b.functions, std::back_inserter(group.functions));
  group.allowed &= b.allowed;
  for (const FunctionIndex function : group.functions) group.scale += demand_.functions[function].scale;
  return group;
}

bool Groups::fits(const Group& group) const {
  if (group.bytes > limits_.localBytes) return false;
  for (const std::size_t node : nodes_) {
    if (limits_.freeScale[node] < group.scale) return false;
    if (group.allowed.contains(node)) return true;
  }
  return false;
}

void Groups::link(std::uint32_t a, std::uint32_t b, Group merged) {
  if (size_[a] < size_[b]) std::swap(a, b);
  parent_[b] = a;
  size_[a] += size_[b];
  groups_[a] = std::move(merged);
  groups_[b] = {};
}

bool Groups::join(StepIndex a, StepIndex b) {
  const std::uint32_t x = find(a);
  const std::uint32_t y = find(b);
  Group group = merged(groups_[x], groups_[y]);
  if (!fits(group)) return false;
  link(x, y, std::move(group));
  return true;
}

void Groups::force(StepIndex a, StepIndex b) {
  const std::uint32_t x = find(a);
  const std::uint32_t y = find(b);
  if (x != y) link(x, y, merged(groups_[x], groups_[y]));
}

Grouping Groups::result() const {
  Grouping grouping{.groupOf = std::vector<std::uint32_t>(parent_.size())};
  std::vector<std::uint32_t> numbers(parent_.size(), UINT32_MAX);
  for (StepIndex i = 0; i < parent_.size(); ++i) {
    std::uint32_t& number = numbers[find(i)];
    if (number == UINT32_MAX) number = grouping.groups++;
    grouping.groupOf[i] = number;
  }
  return grouping;
}

}  // namespace faasbatch::placement
