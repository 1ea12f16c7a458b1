// Which agents there are, as it is told from outside: by Kubernetes' EndpointSlices, or by options.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/net/endpoint.h"

namespace faasbatch::peers {

inline constexpr std::size_t kMaxPeers = 10'000;

struct PeerAddress {
  std::string node;
  net::Endpoint endpoint;  // of its peer port
  bool ready = true;       // takes new work; one that is not may still end what it has
};

// What two tellings differ in.
struct PeerChanges {
  std::vector<PeerAddress> added;    // new, or at another address
  std::vector<std::string> removed;  // gone, or at another address
};

// Pure bookkeeping. The agent itself is never one of its peers.
class PeerTable {
 public:
  explicit PeerTable(std::string self) : self_(std::move(self)) {}

  PeerChanges update(const std::vector<PeerAddress>& peers);
  const PeerAddress* find(const std::string& node) const;
  const std::map<std::string, PeerAddress>& all() const { return peers_; }

 private:
  std::string self_;
  std::map<std::string, PeerAddress> peers_;
};

}  // namespace faasbatch::peers
