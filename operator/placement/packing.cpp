#include "operator/placement/packing.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

namespace faasbatch::placement {
namespace {

constexpr auto kNode = &std::pair<NodeIndex, std::uint32_t>::first;

}  // namespace

std::vector<NodeSet> allowedNodes(std::span<const NodeFacts> nodes, const Demand& demand,
                                  std::span<const NodeSet> present) {
  std::vector<NodeSet> allowed;
  for (FunctionIndex f = 0; f < demand.functions.size(); ++f) {
    NodeSet set(nodes.size(), false);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (refuses(nodes[i], demand.functions[f], present[f].contains(i)) == Refusal::kNone) set.add(i);
    }
    allowed.push_back(std::move(set));
  }
  return allowed;
}

Packing::Packing(const Demand& demand, const Grouping& grouping, std::span<const NodeFacts> nodes,
                 std::span<const NodeSet> allowed)
    : demand_(demand),
      nodes_(nodes),
      groups_(grouping.groups, Group{.allowed = NodeSet(nodes.size(), true)}),
      order_(grouping.groups),
      functionNodes_(demand.functions.size()) {
  for (const NodeFacts& node : nodes)
    free_.push_back(static_cast<std::int64_t>(node.scale) - std::max(node.used, node.committed));
  std::vector<std::set<FunctionIndex>> functions(grouping.groups);
  for (StepIndex i = 0; i < demand.steps.size(); ++i)
    functions[grouping.groupOf[i]].insert(demand.steps[i].functions.begin(), demand.steps[i].functions.end());
  for (std::uint32_t g = 0; g < grouping.groups; ++g) {
    groups_[g].functions.assign(functions[g].begin(), functions[g].end());
    for (const FunctionIndex function : groups_[g].functions) {
      groups_[g].allowed &= allowed[function];
      groups_[g].scale += demand.functions[function].scale;
    }
  }
  std::iota(order_.begin(), order_.end(), 0);
  std::ranges::stable_sort(order_, std::ranges::greater{}, [&](std::uint32_t g) { return groups_[g].scale; });
}

bool Packing::may(const Group& group, NodeIndex node) const {
  if (!group.allowed.contains(node) || std::ranges::find(group.nodes, node) != group.nodes.end())
    return false;
  return std::ranges::all_of(group.functions, [&](FunctionIndex function) {
    const auto& there = functionNodes_[function];
    return there.size() < demand_.functions[function].maxPods ||
           std::ranges::find(there, node, kNode) != there.end();
  });
}

NodeIndex Packing::choose(const Group& group, NodeIndex present) const {
  using Badness = std::tuple<bool, bool, bool, std::int64_t>;
  NodeIndex best = kNoNode;
  Badness least;
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (!may(group, node)) continue;
    const bool full = free_[node] < group.scale;
    const bool unfit = nodes_[node].leaving || (nodes_[node].away && node != present);
    const Badness badness{unfit, full, node != present, full ? -free_[node] : free_[node]};
    if (best != kNoNode && badness >= least) continue;
    best = node;
    least = badness;
  }
  return best;
}

void Packing::put(Group& group, NodeIndex node) {
  group.nodes.push_back(node);
  free_[node] -= group.scale;
  for (const FunctionIndex function : group.functions) {
    auto& there = functionNodes_[function];
    const auto found = std::ranges::find(there, node, kNode);
    if (found != there.end()) {
      ++found->second;
    } else {
      there.emplace_back(node, 1);
    }
  }
}

void Packing::undo(std::span<const std::uint32_t> groups) {
  for (const std::uint32_t g : groups) {
    Group& group = groups_[g];
    const NodeIndex node = group.nodes.back();
    group.nodes.pop_back();
    free_[node] += group.scale;
    for (const FunctionIndex function : group.functions) {
      auto& there = functionNodes_[function];
      const auto found = std::ranges::find(there, node, kNode);
      if (--found->second == 0) there.erase(found);
    }
  }
}

std::optional<std::vector<NodeIndex>> Packing::first(std::span<const NodeIndex> present) {
  return pack(present, false);
}

std::optional<std::vector<NodeIndex>> Packing::another() { return pack({}, true); }

std::optional<std::vector<NodeIndex>> Packing::pack(std::span<const NodeIndex> present, bool fitOnly) {
  std::vector<NodeIndex> nodes(groups_.size(), kNoNode);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const std::uint32_t g = order_[i];
    nodes[g] = choose(groups_[g], present.empty() ? kNoNode : present[g]);
    if (nodes[g] == kNoNode || (fitOnly && (nodes_[nodes[g]].leaving || nodes_[nodes[g]].away))) {
      failed_ = g;
      undo(std::span(order_).first(i));
      return {};
    }
    put(groups_[g], nodes[g]);
  }
  return nodes;
}

bool Packing::keep(std::span<const NodeIndex> nodes) {
  for (std::size_t i = 0; i < order_.size(); ++i) {
    Group& group = groups_[order_[i]];
    const NodeIndex node = nodes[order_[i]];
    if (node == kNoNode || nodes_[node].leaving || !may(group, node)) {
      undo(std::span(order_).first(i));
      return false;
    }
    put(group, node);
  }
  return true;
}

}  // namespace faasbatch::placement
