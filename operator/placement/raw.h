// Placement without FaaSFlow's grouping, as the original does it: by a hash of the step's name.
#pragma once

#include <span>
#include <vector>

#include "lib/base/error.h"
#include "operator/placement/packing.h"

namespace faasbatch::placement {

// The node of each step: among those that may run all its functions and are not leaving (unless all are),
// and, of a function that is on maxPods nodes already, among these. Kind "NoNodeFits".
base::Result<std::vector<NodeIndex>> rawNodes(const Demand& demand, std::span<const NodeFacts> nodes,
                                              std::span<const NodeSet> allowed);

}  // namespace faasbatch::placement
