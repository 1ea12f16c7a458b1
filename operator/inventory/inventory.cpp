#include "operator/inventory/inventory.h"

#include <algorithm>

namespace faasbatch::inventory {
namespace {

bool healthy(const Agent& agent) {
  return agent.listed && agent.address.ready && agent.failure.empty() && !agent.report.draining &&
         agent.report.journalHealthy;
}

AgentState stateOf(const Agent& agent, base::Instant now) {
  if (agent.heardAt.ns == 0) return agent.listed ? AgentState::kUnknown : AgentState::kLost;
  if (healthy(agent)) return AgentState::kReady;
  // A sick agent that answers is there all the same.
  const bool there = agent.listed && agent.failure.empty();
  return there || now < agent.heardAt + kAgentGrace ? AgentState::kAway : AgentState::kLost;
}

bool same(const placement::NodeFacts& a, const placement::NodeFacts& b) {
  return a.labels == b.labels && a.cpuMilli == b.cpuMilli && a.memoryBytes == b.memoryBytes &&
         a.leaving == b.leaving && a.taints == b.taints;
}

}  // namespace

std::string_view name(AgentState state) {
  switch (state) {
    case AgentState::kUnknown:
      return "Unknown";
    case AgentState::kReady:
      return "Ready";
    case AgentState::kAway:
      return "Away";
    case AgentState::kLost:
      return "Lost";
  }
  return "";
}

Changes Inventory::setNode(const placement::NodeFacts& facts) {
  const auto [found, added] = nodes_.try_emplace(facts.name, facts);
  if (!added && same(found->second, facts)) return {};
  found->second = facts;
  return {.nodes = agents_.contains(facts.name)};
}

Changes Inventory::removeNode(const std::string& name) { return {.nodes = nodes_.erase(name) > 0}; }

Changes Inventory::setAgents(const std::map<std::string, AgentAddress>& agents, base::Instant now) {
  Changes changes;
  for (const auto& [node, address] : agents) {
    Agent& agent = agents_[node];
    agent.address = address;
    agent.listed = true;
  }
  for (auto& [node, agent] : agents_) {
    agent.listed = agents.contains(node);
    changes.add(refresh(agent, now));
  }
  std::erase_if(agents_, [](const auto& entry) {
    return !entry.second.listed && entry.second.state == AgentState::kLost;
  });
  return changes;
}

Changes Inventory::refresh(Agent& agent, base::Instant now) {
  const AgentState before = agent.state;
  agent.state = stateOf(agent, now);
  if (agent.state == before) return {};
  Changes changes{.nodes = true};
  if (agent.state == AgentState::kLost) changes.add(forget(agent.address.node));
  return changes;
}

Changes Inventory::forget(const std::string& node) { return take(node, {}); }

Changes Inventory::take(const std::string& node, std::vector<cluster::WorkflowReport> reports) {
  Changes changes;
  std::map<kube::ObjectKey, cluster::WorkflowReport> now;
  for (cluster::WorkflowReport& report : reports) {
    const kube::ObjectKey key{report.nameSpace, report.name};
    now.insert_or_assign(key, std::move(report));
  }
  for (auto entry = reports_.begin(); entry != reports_.end();) {
    if (!now.contains(entry->first) && entry->second.erase(node) > 0) changes.workflows.insert(entry->first);
    entry = entry->second.empty() ? reports_.erase(entry) : std::next(entry);
  }
  for (auto& [key, report] : now) {
    auto& nodes = reports_[key];
    const auto [found, added] = nodes.try_emplace(node, report);
    if (!added && found->second == report) continue;
    found->second = std::move(report);
    changes.workflows.insert(key);
  }
  return changes;
}

Changes Inventory::report(const std::string& node, cluster::Report report, base::Instant now) {
  const auto found = agents_.find(node);
  if (found == agents_.end()) return {};
  if (report.node != node)
    return failed(node, "it speaks for the node \"" + report.node + "\": check its --node", now);
  Agent& agent = found->second;
  Changes changes = take(node, std::move(report.workflows));
  report.workflows.clear();
  changes.nodes = agent.report.maxPods != report.maxPods;
  agent.report = std::move(report);
  agent.heardAt = now;
  agent.failure.clear();
  changes.add(refresh(agent, now));
  return changes;
}

Changes Inventory::failed(const std::string& node, const std::string& why, base::Instant now) {
  const auto found = agents_.find(node);
  if (found == agents_.end()) return {};
  found->second.failure = why;
  return refresh(found->second, now);
}

Changes Inventory::tick(base::Instant now) {
  Changes changes;
  for (auto& [node, agent] : agents_) changes.add(refresh(agent, now));
  std::erase_if(agents_, [](const auto& entry) {
    return !entry.second.listed && entry.second.state == AgentState::kLost;
  });
  return changes;
}

base::Instant Inventory::next() const {
  base::Instant next = base::Instant::never();
  for (const auto& [node, agent] : agents_) {
    if (agent.state == AgentState::kAway && (!agent.listed || !agent.failure.empty()))
      next = std::min(next, agent.heardAt + kAgentGrace);
  }
  return next;
}

bool Inventory::settled() const {
  return std::ranges::none_of(agents_, [](const auto& entry) {
    const Agent& agent = entry.second;
    return agent.listed && agent.heardAt.ns == 0 && agent.failure.empty();
  });
}

std::vector<placement::NodeFacts> Inventory::nodes() const {
  std::vector<placement::NodeFacts> nodes;
  for (const auto& [name, agent] : agents_) {
    const auto facts = nodes_.find(name);
    const bool there = agent.state == AgentState::kReady || agent.state == AgentState::kAway;
    if (!there || facts == nodes_.end()) continue;
    placement::NodeFacts& node = nodes.emplace_back(facts->second);
    node.scale = agent.report.maxPods;
    node.used = agent.report.pods;
    node.away = agent.state == AgentState::kAway;
  }
  return nodes;
}

const std::map<std::string, cluster::WorkflowReport>& Inventory::reports(
    const kube::ObjectKey& workflow) const {
  static const std::map<std::string, cluster::WorkflowReport> kNone;
  const auto found = reports_.find(workflow);
  return found == reports_.end() ? kNone : found->second;
}

}  // namespace faasbatch::inventory
