// What is known of the cluster's nodes and agents, put together from Node objects, EndpointSlices and the
// agents' reports. Pure: whoever owns it brings the news and the time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/cluster/report.h"
#include "lib/kube/resource.h"
#include "operator/inventory/endpoints.h"
#include "operator/placement/node.h"

namespace faasbatch::inventory {

// An agent that is silent for so long is lost: what is placed on its node goes elsewhere. Until then it is
// away, as when its pod is replaced: nothing moves, nothing new goes there.
inline constexpr base::Duration kAgentGrace = std::chrono::seconds(30);

enum class AgentState : std::uint8_t { kUnknown, kReady, kAway, kLost };
std::string_view name(AgentState state);

struct Agent {
  AgentAddress address;
  cluster::Report report;  // the last one, without its workflows
  base::Instant heardAt;   // when it came; 0: none ever
  std::string failure;     // why there is no newer one; empty: there is
  bool listed = false;     // in the EndpointSlices
  AgentState state = AgentState::kUnknown;
};

// What of it has changed, for those who reconcile.
struct Changes {
  bool nodes = false;                   // which nodes there are, what they take, who is ready
  std::set<kube::ObjectKey> workflows;  // whose reports have
  void add(Changes other) {
    nodes = nodes || other.nodes;
    workflows.merge(other.workflows);
  }
};

class Inventory {
 public:
  // Node objects (node_object.h): what they say besides the agents.
  Changes setNode(const placement::NodeFacts& facts);
  Changes removeNode(const std::string& name);
  // All agents that there are, by node.
  Changes setAgents(const std::map<std::string, AgentAddress>& agents, base::Instant now);
  // The answer of an agent; one that speaks for another node than its address says is a failure.
  Changes report(const std::string& node, cluster::Report report, base::Instant now);
  Changes failed(const std::string& node, const std::string& why, base::Instant now);
  // What the passing of time alone changes; the owner calls it at next().
  Changes tick(base::Instant now);
  base::Instant next() const;

  // Every agent of the list has been heard of, or has failed to answer, at least once: before that, nobody
  // should be moved because of what is not known.
  bool settled() const;

  // Nodes that can be placed on, by name, with all pods on them as `used`: those whose agent is ready or
  // away.
  std::vector<placement::NodeFacts> nodes() const;
  const std::map<std::string, Agent>& agents() const { return agents_; }
  // What the agents say of a workflow, by node. Those that are lost say nothing.
  const std::map<std::string, cluster::WorkflowReport>& reports(const kube::ObjectKey& workflow) const;

 private:
  Changes refresh(Agent& agent, base::Instant now);
  Changes forget(const std::string& node);
  Changes take(const std::string& node, std::vector<cluster::WorkflowReport> reports);

  std::map<std::string, placement::NodeFacts> nodes_;
  std::map<std::string, Agent> agents_;
  std::map<kube::ObjectKey, std::map<std::string, cluster::WorkflowReport>> reports_;
};

}  // namespace faasbatch::inventory
