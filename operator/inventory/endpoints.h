// Where the agents are: the EndpointSlices of the headless service of their peer ports.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lib/kube/object.h"

namespace faasbatch::inventory {

struct AgentAddress {
  std::string node;
  std::string pod;
  std::string ip;
  std::uint16_t port = 0;
  bool ready = false;  // and not terminating
  friend bool operator==(const AgentAddress&, const AgentAddress&) = default;
};

// Of one EndpointSlice (discovery.k8s.io/v1). Endpoints without a node or an address are none of ours.
std::vector<AgentAddress> agentsIn(const kube::Object& slice);

// One agent a node: while a pod replaces another, the ready one.
std::map<std::string, AgentAddress> byNode(std::span<const AgentAddress> agents);

}  // namespace faasbatch::inventory
