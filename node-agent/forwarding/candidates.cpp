#include "node-agent/forwarding/candidates.h"

#include <algorithm>

#include "lib/base/ids.h"
#include "lib/cluster/home.h"

namespace faasbatch::forwarding {
namespace {

void addOnce(Candidates& nodes, const std::string& node) {
  if (!std::ranges::count(nodes, node)) nodes.push_back(node);
}

Candidates allNodes(const cluster::Placement& placement) {
  Candidates nodes;
  for (const cluster::Replica& replica : placement.replicas) {
    for (const std::string& node : replica.nodes) addOnce(nodes, node);
  }
  return nodes;
}

}  // namespace

Candidates forCall(const cluster::Placement* placement, const std::string& self, std::uint32_t turn) {
  if (!placement) return {self};
  const Candidates all = allNodes(*placement);
  if (std::ranges::count(all, self)) return {self};
  Candidates nodes;
  const std::size_t replicas = placement->replicas.size();
  for (std::size_t i = 0; i < replicas; ++i) addOnce(nodes, placement->node(0, (turn + i) % replicas));
  for (const std::string& node : all) addOnce(nodes, node);
  return nodes;
}

Candidates forKey(const cluster::Placement* placement, const std::string& self, std::string_view name) {
  if (!placement) return {self};
  return cluster::rendezvous(name, allNodes(*placement));
}

Candidates forInvocation(std::string_view id, const std::string& self,
                         const std::vector<std::string>& peers) {
  const auto mark = base::markOf(id);
  if (!mark) return {self};
  Candidates nodes;
  for (const std::string& peer : peers) {
    if (cluster::homeMark(peer) == *mark) nodes.push_back(peer);
  }
  if (nodes.empty() || cluster::homeMark(self) == *mark) nodes.push_back(self);
  return nodes;
}

}  // namespace faasbatch::forwarding
