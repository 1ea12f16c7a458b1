// Where the agents of the cluster are, by the EndpointSlices of their headless Service.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/loop.h"
#include "lib/kube/client_thread.h"
#include "lib/kube/object.h"

namespace faasbatch::clusterview {

struct AgentAddress {
  std::string node;  // whose agent it is
  std::string host;  // an IP address
  std::uint16_t port = 0;
  bool ready = false;  // it passes its readiness probe and is not about to end
  friend auto operator<=>(const AgentAddress&, const AgentAddress&) = default;
};

inline constexpr std::string_view kPeersPortName = "peers";

// Of one EndpointSlice (discovery.k8s.io/v1). Endpoints without a node or an address are left out. Pure.
std::vector<AgentAddress> addressesIn(const kube::Object& slice);

// Made, used and destroyed on the owner's loop.
class AgentAddresses {
 public:
  // All agents there are, this one included, sorted by node: one a node, a ready one rather than another.
  // First when they are known, then at every change.
  using Changed = std::function<void(std::vector<AgentAddress> agents)>;
  static std::unique_ptr<AgentAddresses> start(base::Loop& loop, kube::ClientThread& thread,
                                               std::string nameSpace, Changed changed);
  virtual ~AgentAddresses() = default;
};

// One a node, a ready one rather than another. Pure.
std::vector<AgentAddress> onePerNode(std::vector<AgentAddress> all);

}  // namespace faasbatch::clusterview
