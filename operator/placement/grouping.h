// FaaSFlow's grouping of steps (Li et al., "FaaSFlow: Enable Efficient Workflow Execution for
// Function-as-a-Service", ASPLOS 2022, section 4.1): steps that exchange much data along the critical path
// are put together, as long as a node holds them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "operator/placement/demand.h"
#include "operator/placement/graph.h"
#include "operator/placement/node_set.h"

namespace faasbatch::placement {

// What bounds a group.
struct GroupingLimits {
  std::vector<NodeSet> allowed;          // of each function: the nodes that may run it
  std::vector<std::uint32_t> freeScale;  // of each node: pods it takes besides those of other workflows
  std::uint64_t localBytes = 0;          // of outputs that a group may keep in its node's store
};

struct Grouping {
  std::vector<std::uint32_t> groupOf;  // of each step: 0, 1, 2 ... in the order of their first steps
  std::uint32_t groups = 0;
};

// Every step begins as a group. As long as there is one, the heaviest edge on the critical path whose two
// groups fit a node together joins them, and the critical path is sought again; then the heaviest such edges
// anywhere. The users of a function with at most `scarce` pods are one group from the beginning, whether that
// fits or not: its pods cannot be on more nodes. Deterministic.
//
// Groups that are joined fit: a node that may run all their functions has their scale free, and the outputs
// of their steps are within localBytes. A single step may exceed scale and bytes: scale is a wish, and
// outputs can go to the cluster's store.
Grouping groupSteps(const Demand& demand, const Graph& graph, const GroupingLimits& limits,
                    std::span<const StepWeight> weights, std::uint32_t scarce = 1);

}  // namespace faasbatch::placement
