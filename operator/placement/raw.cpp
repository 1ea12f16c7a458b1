#include "operator/placement/raw.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace faasbatch::placement {
namespace {

// FNV-1a, 64 bits.
std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

base::Result<std::vector<NodeIndex>> rawNodes(const Demand& demand, std::span<const NodeFacts> nodes,
                                              std::span<const NodeSet> allowed) {
  std::vector<NodeIndex> chosen;
  std::vector<std::set<NodeIndex>> there(demand.functions.size());
  for (const StepDemand& step : demand.steps) {
    std::vector<NodeIndex> may;
    for (NodeIndex node = 0; node < nodes.size(); ++node) {
      const bool all = std::ranges::all_of(step.functions, [&](FunctionIndex function) {
        const bool room =
            there[function].size() < demand.functions[function].maxPods || there[function].contains(node);
        return allowed[function].contains(node) && room;
      });
      if (all) may.push_back(node);
    }
    if (may.empty()) {
      return base::fail("NoNodeFits", "step \"" + step.name +
                                          "\": each of its functions is on maxPods nodes already, and none "
                                          "of these may run them all");
    }
    std::vector<NodeIndex> staying = may;
    std::erase_if(staying, [&](NodeIndex node) { return nodes[node].leaving; });
    const std::vector<NodeIndex>& from = staying.empty() ? may : staying;
    chosen.push_back(from[hashOf(step.name) % from.size()]);
    for (const FunctionIndex function : step.functions) there[function].insert(chosen.back());
  }
  return chosen;
}

}  // namespace faasbatch::placement
