#include "node-agent/runs/choose_owners.h"

#include <algorithm>
#include <vector>

#include "lib/json/members.h"

namespace faasbatch::runs {
namespace {

bool isOf(const cluster::Placement& placement, const workflow::Plan& plan) {
  const workflow::Block& root = plan.blocks[0];
  if (placement.steps.size() != root.nodes.size()) return false;
  for (std::size_t i = 0; i < root.nodes.size(); ++i) {
    if (placement.steps[i].step != plan.nodes[root.nodes[i]].name) return false;
  }
  return true;
}

// The nodes that have the step, those of the replica first.
std::vector<std::string> nodesOf(const cluster::Placement& placement, std::size_t step, std::size_t replica) {
  std::vector<std::string> nodes{placement.node(step, replica)};
  for (std::size_t i = 0; i < placement.replicas.size(); ++i) {
    const std::string& node = placement.node(step, i);
    if (!std::ranges::count(nodes, node)) nodes.push_back(node);
  }
  return nodes;
}

std::string chooseOwner(const std::vector<std::string>& nodes, const std::string& self,
                        const ReachOf& reach) {
  for (const Reach least : {Reach::kReady, Reach::kKnown}) {
    for (const std::string& node : nodes) {
      if (node == self || reach(node) >= least) return node;
    }
  }
  return self;
}

// With a nodeSelector, or a resource that device plugins offer, whose name has a slash.
bool asksForNodes(const workflow::FunctionSpec& function) {
  const auto pod = json::members(function.podJson);
  if (!pod) return false;
  const auto selector = json::members(json::find(*pod, "nodeSelector").value_or("{}"));
  if (selector && !selector->empty()) return true;
  const auto resources = json::members(json::find(*pod, "resources").value_or("{}"));
  if (!resources) return false;
  return std::ranges::any_of(*resources, [](const json::Member& kind) {
    const auto amounts = json::members(kind.value);
    return amounts && std::ranges::any_of(*amounts, [](const json::Member& one) {
             return one.key.find('/') != std::string::npos;
           });
  });
}

bool asksForNodes(const engine::PlanSet& plans) {
  const auto any = [](const workflow::Plan& plan) {
    return std::ranges::any_of(plan.functions, [](const auto& function) { return asksForNodes(function); });
  };
  return any(*plans.main) || std::ranges::any_of(plans.others, [&](const auto& other) {
           return other.second && any(*other.second);
         });
}

}  // namespace

std::size_t chooseReplica(const cluster::Placement& placement, const std::string& self) {
  for (std::size_t i = 0; i < placement.replicas.size(); ++i) {
    if (placement.node(0, i) == self) return i;
  }
  for (std::size_t i = 0; i < placement.replicas.size(); ++i) {
    if (std::ranges::count(placement.replicas[i].nodes, self)) return i;
  }
  return 0;
}

std::shared_ptr<engine::Ownership> chooseOwners(const workflow::Plan& plan,
                                                const cluster::Placement* placement, const std::string& self,
                                                const ReachOf& reach) {
  if (!placement || !isOf(*placement, plan)) return nullptr;
  const std::size_t replica = chooseReplica(*placement, self);
  auto ownership = std::make_shared<engine::Ownership>();
  ownership->agents.push_back(self);
  for (std::size_t step = 0; step < placement->steps.size(); ++step) {
    ownership->owners.push_back(ownership->add(chooseOwner(nodesOf(*placement, step, replica), self, reach)));
  }
  return ownership->agents.size() == 1 ? nullptr : ownership;
}

std::string chooseHeir(const workflow::Plan& plan, const cluster::Placement* placement,
                       engine::Position position, const std::string& lost, const std::string& self,
                       const ReachOf& reach) {
  if (reach(lost) == Reach::kReady) return lost;
  if (!placement || !isOf(*placement, plan)) return self;
  for (const std::string& node : nodesOf(*placement, position, chooseReplica(*placement, self))) {
    if (node != lost && (node == self || reach(node) == Reach::kReady)) return node;
  }
  return self;
}

bool mayRunElsewhere(const engine::PlanSet& plans, const cluster::Placement* placement,
                     engine::Position position, const std::string& self, const std::string& home,
                     const ReachOf& reach) {
  if (!asksForNodes(plans)) return true;
  if (!placement || !isOf(*placement, *plans.main)) return false;
  return std::ranges::any_of(nodesOf(*placement, position, 0), [&](const std::string& node) {
    return node != self && (node == home || reach(node) == Reach::kReady);
  });
}

}  // namespace faasbatch::runs
