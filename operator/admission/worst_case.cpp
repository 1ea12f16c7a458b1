#include "operator/admission/worst_case.h"

#include <algorithm>
#include <map>

#include "lib/tree/tree.h"

namespace faasbatch::admission {
namespace {

using workflow::Node;
using workflow::NodeKind;
using workflow::Plan;

using Bound = std::optional<base::Duration>;  // nothing: none

constexpr base::Duration kMost = std::chrono::hours(24 * 365 * 100);  // sums stop here instead of overflowing

Bound sum(Bound a, Bound b) {
  if (!a || !b) return {};
  return std::min(*a + *b, kMost);
}

Bound longer(Bound a, Bound b) {
  if (!a || !b) return {};
  return std::max(*a, *b);
}

Bound times(Bound a, std::uint64_t n) {
  if (!a) return {};
  const double product = static_cast<double>(a->count()) * static_cast<double>(n);
  if (product >= static_cast<double>(kMost.count())) return kMost;
  return base::Duration(a->count() * static_cast<std::int64_t>(n));
}

base::Duration backoffs(const workflow::RetryPolicy& retry) {
  double all = 0;
  auto next = static_cast<double>(retry.backoff.initial.count());
  const auto most = static_cast<double>(retry.backoff.max.count());
  for (std::uint32_t i = 0; i < retry.limit; ++i) {
    all += std::min(next, most);
    next = std::min(next * retry.backoff.factor, most);
  }
  return base::Duration(static_cast<std::int64_t>(std::min(all, static_cast<double>(kMost.count()))));
}

class Walk {
 public:
  explicit Walk(const Plan& plan) : plan_(plan) {}

  // The longest way through a list.
  Bound block(workflow::BlockIndex index) const {
    std::map<workflow::NodeIndex, Bound> ends;
    Bound longest = base::Duration(0);
    for (const workflow::NodeIndex node : plan_.blocks[index].nodes)
      longest = longer(longest, end(node, ends));
    return longest;
  }

 private:
  // When a step has ended, counted from the beginning of its list.
  Bound end(workflow::NodeIndex index, std::map<workflow::NodeIndex, Bound>& ends) const {
    if (const auto found = ends.find(index); found != ends.end()) return found->second;
    const Node& node = plan_.nodes[index];
    Bound begin = base::Duration(0);
    for (const workflow::NodeIndex before : node.predecessors) begin = longer(begin, end(before, ends));
    return ends[index] = sum(begin, step(node));
  }

  Bound step(const Node& node) const {
    Bound bound = sum(times(looped(node), node.retry.limit + std::uint64_t{1}), backoffs(node.retry));
    if (node.timeout) bound = bound ? std::min(*bound, *node.timeout) : *node.timeout;
    Bound caught = base::Duration(0);
    for (const workflow::Catch& arm : node.catches) caught = longer(caught, block(arm.block));
    return sum(bound, caught);
  }

  Bound looped(const Node& node) const {
    const Bound once = body(node);
    if (node.repeat) return times(sum(once, node.repeat->delay), node.repeat->limit);
    if (!node.foreach) return once;
    const workflow::Template& items = node.foreach->items;
    if (!items.tree().isList()) return {};
    const std::uint64_t count = items.tree().items.size();
    const std::uint64_t wide = node.foreach->maxConcurrency == 0 ? count : node.foreach->maxConcurrency;
    return count == 0 ? base::Duration(0) : times(once, (count + wide - 1) / wide);
  }

  Bound body(const Node& node) const {
    switch (node.kind) {
      case NodeKind::kFunction:
        return plan_.functions[node.function].timeout;
      case NodeKind::kWorkflow:
        return {};
      case NodeKind::kGroup:
        return block(node.body);
      case NodeKind::kSwitch: {
        Bound longest = base::Duration(0);
        for (const workflow::Arm& arm : node.arms) longest = longer(longest, block(arm.block));
        return longest;
      }
      case NodeKind::kWait:
        return node.waitUntil ? Bound() : Bound(node.wait);
      case NodeKind::kFail:
        return base::Duration(0);
    }
    return {};
  }

  const Plan& plan_;
};

}  // namespace

std::optional<base::Duration> worstCase(const Plan& plan) { return Walk(plan).block(0); }

}  // namespace faasbatch::admission
