#include "operator/placement/stores.h"

#include <algorithm>

namespace faasbatch::placement {
namespace {

bool oneNode(const StoreTask& task) {
  return std::ranges::all_of(task.replicas, [](const std::vector<NodeIndex>& nodes) {
    return std::ranges::all_of(nodes, [&](NodeIndex node) { return node == nodes[0]; });
  });
}

}  // namespace

std::vector<cluster::OutputStore> chooseStores(const StoreTask& task) {
  const std::vector<std::uint32_t>& group = task.grouping.groupOf;
  const auto together = [&](StepIndex a, StepIndex b) {
    return std::ranges::all_of(task.replicas,
                               [&](const auto& nodes) { return nodes[group[a]] == nodes[group[b]]; });
  };
  std::vector<bool> local(task.demand.steps.size(), true);
  for (const Edge& edge : task.graph.edges()) {
    if (!together(edge.from, edge.to)) local[edge.from] = false;
  }
  const bool single = oneNode(task);
  std::vector<std::uint64_t> kept(task.grouping.groups);
  std::vector<cluster::OutputStore> stores;
  for (StepIndex i = 0; i < local.size(); ++i) {
    if (task.demand.steps[i].answer && !single) local[i] = false;
    const std::uint64_t bytes = kept[group[i]] + task.weights[i].outputBytes;
    local[i] = local[i] && bytes <= task.localBytes;
    if (local[i]) kept[group[i]] = bytes;
    stores.push_back(local[i] ? cluster::OutputStore::kNode : cluster::OutputStore::kCluster);
  }
  return stores;
}

}  // namespace faasbatch::placement
