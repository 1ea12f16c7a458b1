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

Candidates forFunction(const cluster::Placement* placement, const std::string& self,
                       const std::vector<std::size_t>& steps, std::uint32_t turn) {
  const bool known = placement && std::ranges::all_of(steps, [&](std::size_t step) {
                       return step < placement->steps.size();
                     });
  if (!known || steps.empty()) return forCall(placement, self, turn);
  Candidates nodes;
  const std::size_t replicas = placement->replicas.size();
  for (std::size_t i = 0; i < replicas; ++i) {
    for (const std::size_t step : steps) addOnce(nodes, placement->node(step, (turn + i) % replicas));
  }
  if (std::ranges::count(nodes, self)) return {self};
  return nodes;
}

std::vector<std::size_t> stepsThatCall(const workflow::Plan& plan, std::string_view function) {
  const auto index = plan.findFunction(function);
  std::vector<bool> calls(plan.nodes.size());
  for (workflow::NodeIndex node = 0; index && node < plan.nodes.size(); ++node) {
    calls[node] =
        plan.nodes[node].kind == workflow::NodeKind::kFunction && plan.nodes[node].function == *index;
  }
  std::vector<workflow::NodeIndex> holders(plan.nodes.size(), 0);
  std::vector<bool> held(plan.nodes.size());
  for (const workflow::Block& block : plan.blocks) {
    for (const workflow::NodeIndex node : block.nodes) {
      held[node] = block.owner.has_value();
      holders[node] = block.owner.value_or(0);
    }
  }
  std::vector<bool> roots(plan.nodes.size());
  for (workflow::NodeIndex node = 0; node < plan.nodes.size(); ++node) {
    workflow::NodeIndex at = node;
    while (calls[node] && held[at]) at = holders[at];
    if (calls[node]) roots[at] = true;
  }
  std::vector<std::size_t> steps;
  for (std::size_t i = 0; i < plan.blocks[0].nodes.size(); ++i) {
    if (roots[plan.blocks[0].nodes[i]]) steps.push_back(i);
  }
  return steps;
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
