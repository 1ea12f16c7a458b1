#include "operator/placement/place.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "operator/placement/graph.h"
#include "operator/placement/grouping.h"
#include "operator/placement/packing.h"
#include "operator/placement/raw.h"
#include "operator/placement/stores.h"

namespace faasbatch::placement {
namespace {

// Where the steps are now, in terms of this task: groups and nodes of the present placement.
struct Present {
  std::vector<NodeIndex> nodeOf;  // of each step, in replica 0; kNoNode where it is new or its node has gone
  bool sameSteps = false;         // the present placement is of just these steps
  Grouping grouping;              // where sameSteps
  std::vector<std::vector<NodeIndex>> replicas;  // likewise; of each group
  std::vector<NodeSet> nodes;                    // of each function: that run it
};

NodeIndex indexOf(std::span<const NodeFacts> nodes, const std::string& name) {
  const auto found = std::ranges::lower_bound(nodes, name, {}, &NodeFacts::name);
  if (found == nodes.end() || found->name != name) return kNoNode;
  return static_cast<NodeIndex>(found - nodes.begin());
}

std::vector<std::vector<NodeIndex>> replicasOf(const Task& task) {
  std::vector<std::vector<NodeIndex>> replicas;
  for (const cluster::Replica& replica : task.present->replicas) {
    std::vector<NodeIndex>& nodes = replicas.emplace_back();
    for (const std::string& name : replica.nodes) nodes.push_back(indexOf(task.nodes, name));
  }
  return replicas;
}

Present presentOf(const Task& task) {
  const Demand& demand = task.demand;
  Present present{.nodeOf = std::vector<NodeIndex>(demand.steps.size(), kNoNode),
                  .nodes = std::vector<NodeSet>(demand.functions.size(), NodeSet(task.nodes.size(), false))};
  if (task.present == nullptr) return present;
  const std::vector<cluster::PlacedStep>& steps = task.present->steps;
  present.replicas = replicasOf(task);
  std::map<std::string_view, std::size_t> indexes;
  for (std::size_t i = 0; i < steps.size(); ++i) indexes.emplace(steps[i].step, i);
  present.sameSteps = steps.size() == demand.steps.size();
  for (StepIndex i = 0; i < demand.steps.size(); ++i) {
    const auto found = indexes.find(demand.steps[i].name);
    present.sameSteps = present.sameSteps && found != indexes.end() && found->second == i;
    if (found == indexes.end()) continue;
    const std::uint32_t group = steps[found->second].group;
    present.nodeOf[i] = present.replicas[0][group];
    for (const std::vector<NodeIndex>& replica : present.replicas) {
      if (replica[group] == kNoNode) continue;
      for (const FunctionIndex f : demand.steps[i].functions) present.nodes[f].add(replica[group]);
    }
  }
  if (!present.sameSteps) return present;
  present.grouping.groups = static_cast<std::uint32_t>(present.replicas[0].size());
  for (const cluster::PlacedStep& step : steps) present.grouping.groupOf.push_back(step.group);
  return present;
}

// A placement in terms of indexes.
struct Draft {
  Grouping grouping;
  std::vector<std::vector<NodeIndex>> replicas;
};

Graph::Path criticalPath(const Graph& graph, const Draft& draft) {
  const std::vector<NodeIndex>& nodes = draft.replicas[0];
  const std::vector<std::uint32_t>& group = draft.grouping.groupOf;
  return graph.longest([&](StepIndex a, StepIndex b) { return nodes[group[a]] != nodes[group[b]]; });
}

std::string whyNot(const Task& task, std::span<const NodeSet> allowed) {
  std::string text;
  const auto say = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (FunctionIndex i = 0; i < allowed.size(); ++i) {
    if (allowed[i].empty()) say(whyNowhere(task.nodes, task.demand.functions[i]));
  }
  if (!text.empty()) return text;
  for (const StepDemand& step : task.demand.steps) {
    NodeSet nodes(task.nodes.size(), true);
    std::string names;
    for (const FunctionIndex function : step.functions) {
      nodes &= allowed[function];
      names += (names.empty() ? "\"" : ", \"") + task.demand.functions[function].name + "\"";
    }
    if (nodes.empty())
      say("step \"" + step.name + "\": no node may run all its functions (" + names +
          "): put them into steps of their own");
  }
  return text;
}

// The group that found no node: its functions have no node in common, or are on maxPods nodes already.
std::string whyNoGroup(const Task& task, const Grouping& grouping, std::uint32_t group) {
  constexpr std::size_t kNamed = 5;
  std::string steps;
  std::size_t count = 0;
  const FunctionDemand* scarcest = nullptr;
  for (StepIndex i = 0; i < task.demand.steps.size(); ++i) {
    if (grouping.groupOf[i] != group) continue;
    if (++count <= kNamed) steps += (steps.empty() ? "\"" : ", \"") + task.demand.steps[i].name + "\"";
    for (const FunctionIndex f : task.demand.steps[i].functions) {
      const FunctionDemand& function = task.demand.functions[f];
      if (scarcest == nullptr || function.maxPods < scarcest->maxPods) scarcest = &function;
    }
  }
  if (count > kNamed) steps += " and " + std::to_string(count - kNamed) + " more";
  std::string text = "no node may run all the functions of the steps " + steps;
  if (scarcest != nullptr) {
    text += ", and they cannot be apart: function \"" + scarcest->name + "\" has pool.maxPods " +
            std::to_string(scarcest->maxPods);
  }
  return text;
}

std::vector<NodeIndex> groupHints(const Present& present, const Grouping& grouping) {
  std::vector<std::map<NodeIndex, std::size_t>> votes(grouping.groups);
  for (StepIndex i = 0; i < grouping.groupOf.size(); ++i) {
    if (present.nodeOf[i] != kNoNode) ++votes[grouping.groupOf[i]][present.nodeOf[i]];
  }
  std::vector<NodeIndex> hints;
  for (const auto& vote : votes) {
    const auto most = std::ranges::max_element(vote, {}, [](const auto& entry) { return entry.second; });
    hints.push_back(most == vote.end() ? kNoNode : most->first);
  }
  return hints;
}

class Placing {
 public:
  explicit Placing(const Task& task)
      : task_(task),
        present_(presentOf(task)),
        allowed_(allowedNodes(task.nodes, task.demand, present_.nodes)) {}

  base::Result<Placed> run() {
    if (std::string why = whyNot(task_, allowed_); !why.empty())
      return base::fail("NoNodeFits", std::move(why));
    const Graph graph(task_.demand, task_.weights);
    auto draft = task_.mode == Mode::kRaw ? raw() : grouped(graph);
    if (!draft) return std::unexpected(std::move(draft.error()));
    return finish(graph, *draft);
  }

 private:
  base::Result<Draft> raw() {
    auto nodes = rawNodes(task_.demand, task_.nodes, allowed_);
    if (!nodes) return std::unexpected(std::move(nodes.error()));
    Draft draft{.grouping = {.groupOf = std::vector<std::uint32_t>(nodes->size())}, .replicas = {{}}};
    for (StepIndex i = 0; i < nodes->size(); ++i) {  // a group for each node
      std::vector<NodeIndex>& groups = draft.replicas[0];
      const auto found = std::ranges::find(groups, (*nodes)[i]);
      draft.grouping.groupOf[i] = static_cast<std::uint32_t>(found - groups.begin());
      if (found == groups.end()) groups.push_back((*nodes)[i]);
    }
    draft.grouping.groups = static_cast<std::uint32_t>(draft.replicas[0].size());
    return draft;
  }

  base::Result<Draft> grouped(const Graph& graph) {
    const std::optional<Draft> kept = keep();
    auto fresh = regroup(graph);
    if (!fresh && !kept) return fresh;
    if (kept && (!fresh || !gains(graph, *kept, *fresh))) return addReplicas(*kept);
    return addReplicas(std::move(*fresh));
  }

  base::Result<Draft> regroup(const Graph& graph) const {
    GroupingLimits limits{.allowed = allowed_, .localBytes = task_.localBytes};
    for (const NodeFacts& node : task_.nodes)
      limits.freeScale.push_back(node.scale > node.used ? node.scale - node.used : 0);
    std::set<std::uint32_t> bounds{1};
    for (const FunctionDemand& function : task_.demand.functions) bounds.insert(function.maxPods);
    base::Result<Draft> result = base::fail("NoNodeFits", "");
    for (const std::uint32_t scarce : bounds) {  // mostly the first does
      Draft draft{.grouping = groupSteps(task_.demand, graph, limits, task_.weights, scarce)};
      Packing packing(task_.demand, draft.grouping, task_.nodes, allowed_);
      if (auto first = packing.first(groupHints(present_, draft.grouping))) {
        draft.replicas.push_back(std::move(*first));
        return draft;
      }
      if (result.error().message.empty())
        result.error().message = whyNoGroup(task_, draft.grouping, packing.failed());
    }
    return result;
  }

  // The present placement's first replica, where it still holds.
  std::optional<Draft> keep() const {
    if (!present_.sameSteps) return {};
    Packing packing(task_.demand, present_.grouping, task_.nodes, allowed_);
    if (!packing.keep(present_.replicas[0])) return {};
    return Draft{.grouping = present_.grouping, .replicas = {present_.replicas[0]}};
  }

  static bool gains(const Graph& graph, const Draft& kept, const Draft& fresh) {
    const base::Duration before = criticalPath(graph, kept).length;
    const base::Duration gain = before - criticalPath(graph, fresh).length;
    return gain >= kMoveTime && base::toMillis(gain) >= kMoveGain * base::toMillis(before);
  }

  Draft addReplicas(Draft draft) const {
    Packing packing(task_.demand, draft.grouping, task_.nodes, allowed_);
    if (!packing.keep(draft.replicas[0])) return draft;  // on nodes that are leaving: no more of them
    const bool same = present_.sameSteps && present_.grouping.groupOf == draft.grouping.groupOf;
    for (std::size_t r = 1; same && r < present_.replicas.size() && draft.replicas.size() < task_.replicas;
         ++r) {
      if (packing.keep(present_.replicas[r])) draft.replicas.push_back(present_.replicas[r]);
    }
    const std::uint32_t most = std::min<std::uint32_t>(task_.replicas, cluster::kMaxReplicas);
    while (draft.replicas.size() < most) {
      auto replica = packing.another();
      if (!replica) break;
      draft.replicas.push_back(std::move(*replica));
    }
    return draft;
  }

  Placed finish(const Graph& graph, const Draft& draft) const {
    Placed placed;
    placed.placement.generation = task_.generation;
    const std::vector<cluster::OutputStore> stores =
        chooseStores({task_.demand, graph, task_.weights, draft.grouping, draft.replicas, task_.localBytes});
    for (StepIndex i = 0; i < task_.demand.steps.size(); ++i)
      placed.placement.steps.push_back({task_.demand.steps[i].name, draft.grouping.groupOf[i], stores[i]});
    for (const std::vector<NodeIndex>& replica : draft.replicas) {
      cluster::Replica& nodes = placed.placement.replicas.emplace_back();
      for (const NodeIndex node : replica) nodes.nodes.push_back(task_.nodes[node].name);
    }
    const Graph::Path path = criticalPath(graph, draft);
    placed.criticalTime = path.length;
    for (const StepIndex step : path.steps) placed.criticalPath.push_back(task_.demand.steps[step].name);
    return placed;
  }

  const Task& task_;
  const Present present_;
  const std::vector<NodeSet> allowed_;
};

}  // namespace

base::Result<Placed> place(const Task& task) {
  if (task.nodes.empty()) return base::fail("NoAgents", "no node has an agent that is ready");
  return Placing(task).run();
}

}  // namespace faasbatch::placement
