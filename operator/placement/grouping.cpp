#include "operator/placement/grouping.h"

#include <algorithm>
#include <numeric>

#include "operator/placement/groups.h"

namespace faasbatch::placement {
namespace {

// Where all that is connected fits together, joining edge by edge ends with just that: every group on the way
// is a part of it and fits too. Says whether it was so.
bool joinWhole(const Graph& graph, Groups& groups) {
  return std::ranges::all_of(graph.edges(), [&](const Edge& edge) {
    return groups.together(edge.from, edge.to) || groups.join(edge.from, edge.to);
  });
}

// Indexes of edges by descending weight; of equals the first.
void heaviestFirst(const Graph& graph, std::vector<std::uint32_t>& edges) {
  std::ranges::stable_sort(edges, std::ranges::greater{},
                           [&](std::uint32_t e) { return graph.edges()[e].weight; });
}

void joinAlongCriticalPath(const Graph& graph, Groups& groups, std::vector<bool>& refused) {
  const auto apart = [&](StepIndex a, StepIndex b) { return !groups.together(a, b); };
  for (bool joined = true; joined;) {
    joined = false;
    Graph::Path path = graph.longest(apart);
    heaviestFirst(graph, path.edges);
    for (const std::uint32_t e : path.edges) {
      const Edge& edge = graph.edges()[e];
      if (refused[e] || !apart(edge.from, edge.to)) continue;
      joined = groups.join(edge.from, edge.to);
      if (joined) break;
      refused[e] = true;
    }
  }
}

void joinTheRest(const Graph& graph, Groups& groups, const std::vector<bool>& refused) {
  std::vector<std::uint32_t> edges(graph.edges().size());
  std::iota(edges.begin(), edges.end(), 0);
  heaviestFirst(graph, edges);
  for (const std::uint32_t e : edges) {
    const Edge& edge = graph.edges()[e];
    if (!refused[e] && !groups.together(edge.from, edge.to)) groups.join(edge.from, edge.to);
  }
}

void joinUsersOfScarcePods(const Demand& demand, std::uint32_t scarce, Groups& groups) {
  std::vector<std::uint32_t> user(demand.functions.size(), UINT32_MAX);
  for (StepIndex step = 0; step < demand.steps.size(); ++step) {
    for (const FunctionIndex function : demand.steps[step].functions) {
      if (demand.functions[function].maxPods > scarce) continue;
      if (user[function] == UINT32_MAX) user[function] = step;
      groups.force(user[function], step);
    }
  }
}

}  // namespace

Grouping groupSteps(const Demand& demand, const Graph& graph, const GroupingLimits& limits,
                    std::span<const StepWeight> weights, std::uint32_t scarce) {
  Groups groups(demand, graph, limits, weights);
  joinUsersOfScarcePods(demand, scarce, groups);
  Groups whole = groups;
  if (joinWhole(graph, whole)) return whole.result();
  std::vector<bool> refused(graph.edges().size());
  joinAlongCriticalPath(graph, groups, refused);
  joinTheRest(graph, groups, refused);
  return groups.result();
}

}  // namespace faasbatch::placement
