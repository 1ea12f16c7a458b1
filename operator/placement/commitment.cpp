#include "operator/placement/commitment.h"

#include <set>

namespace faasbatch::placement {

std::map<std::string, std::uint32_t> scaleByNode(const Demand& demand, const cluster::Placement& placement) {
  std::map<std::string, std::set<FunctionIndex>> functions;
  for (std::size_t r = 0; r < placement.replicas.size(); ++r) {
    for (std::size_t i = 0; i < placement.steps.size() && i < demand.steps.size(); ++i)
      functions[placement.node(i, r)].insert(demand.steps[i].functions.begin(),
                                             demand.steps[i].functions.end());
  }
  std::map<std::string, std::uint32_t> scale;
  for (const auto& [node, used] : functions) {
    std::uint32_t& sum = scale[node];
    for (const FunctionIndex function : used) sum += demand.functions[function].scale;
  }
  return scale;
}

}  // namespace faasbatch::placement
