// What placed workflows may come to need of the nodes they are placed on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/cluster/placement.h"
#include "operator/placement/demand.h"

namespace faasbatch::placement {

// The scale of all functions that a placement has on each node; a function counts once a node.
std::map<std::string, std::uint32_t> scaleByNode(const Demand& demand, const cluster::Placement& placement);

}  // namespace faasbatch::placement
