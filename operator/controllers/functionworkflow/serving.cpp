#include "operator/controllers/functionworkflow/serving.h"

#include <algorithm>
#include <set>

namespace faasbatch::controllers {
namespace {

using inventory::Agent;
using inventory::AgentState;

std::string aboutAgent(const std::map<std::string, Agent>& agents, const std::string& node) {
  const auto found = agents.find(node);
  if (found == agents.end()) return "there is no agent";
  const Agent& agent = found->second;
  if (!agent.failure.empty()) return "its agent does not answer: " + agent.failure;
  if (agent.state == AgentState::kUnknown || agent.state == AgentState::kLost)
    return "its agent has not been heard of yet";
  return {};
}

}  // namespace

Serving servingOf(const cluster::Placement& placement, const std::string& uid, const Reports& reports,
                  const std::map<std::string, Agent>& agents) {
  Serving serving;
  const std::string digest = placement.digest();
  const auto say = [&](const std::string& node, const std::string& what) {
    serving.missing += (serving.missing.empty() ? "" : "; ") + node + ": " + what;
  };
  const auto serves = [&](const std::string& node) {
    const auto found = reports.find(node);
    return found != reports.end() && found->second.uid == uid && found->second.failure.empty() &&
           found->second.generation == placement.generation && found->second.placementDigest == digest;
  };
  serving.served = std::ranges::any_of(placement.replicas, [&](const cluster::Replica& replica) {
    return std::ranges::all_of(replica.nodes, serves);
  });
  std::set<std::string> nodes;
  for (const cluster::Replica& replica : placement.replicas)
    nodes.insert(replica.nodes.begin(), replica.nodes.end());
  for (const std::string& node : nodes) {
    if (serves(node)) continue;
    const auto report = reports.find(node);
    const bool own = report != reports.end() && report->second.uid == uid;
    if (own && !report->second.failure.empty()) {
      serving.failing = true;
      say(node, report->second.failure);
    } else if (std::string about = aboutAgent(agents, node); !about.empty()) {
      say(node, about);
    } else {
      say(node, "its agent has not taken up generation " + std::to_string(placement.generation) + " yet");
    }
  }
  return serving;
}

}  // namespace faasbatch::controllers
