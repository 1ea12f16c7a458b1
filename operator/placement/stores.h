// Where the large outputs of a placed workflow go (FaaSFlow's FaaStore).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/cluster/placement.h"
#include "operator/placement/graph.h"
#include "operator/placement/grouping.h"
#include "operator/placement/packing.h"

namespace faasbatch::placement {

struct StoreTask {
  const Demand& demand;
  const Graph& graph;
  std::span<const StepWeight> weights;
  const Grouping& grouping;
  const std::vector<std::vector<NodeIndex>>& replicas;
  std::uint64_t localBytes = 0;
};

// Of each step: its node's store where every step that reads it is on that node in every replica, and the
// outputs that a group keeps so are within localBytes; the cluster's otherwise. What the run's answer is made
// of is read by the run's home, which may be any node of the replica.
std::vector<cluster::OutputStore> chooseStores(const StoreTask& task);

}  // namespace faasbatch::placement
