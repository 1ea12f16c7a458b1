// The agent's way to other agents, and theirs to it: the peer port and what is behind it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/forwarding/ask_keys.h"
#include "node-agent/forwarding/call_service.h"
#include "node-agent/forwarding/forwarder.h"
#include "node-agent/gateway/gateway.h"
#include "node-agent/peers/peers.h"
#include "node-agent/peers/service.h"

namespace faasbatch::agent {

struct PeerSettings {
  std::string node;
  std::string secret;
  bool storeKept = false;                      // the node's store outlives the agent
  std::shared_ptr<net::TlsClientContext> tls;  // for requests to others; nullptr: plain
};

// Loop thread only.
class PeerParts final : public peers::PeerListener {
 public:
  PeerParts(net::EventLoop& loop, telemetry::Registry& metrics, PeerSettings settings);

  // Who answers what others ask; both must outlive it.
  void serve(runs::Runs& runs, gateway::Gateway& gateway);
  // From now on other agents are answered. Without TLS on this machine only, as the secret is sent. Kinds
  // "ListenFailed", "InvalidRequest" (the address).
  base::Result<void> listen(const std::string& address, std::shared_ptr<net::TlsServerContext> tls);
  // Requests of the peer port that others answer, by their path; those that do not show the secret do not
  // come here.
  void on(std::string path, peers::PeerService::Handler handler);

  peers::Peers& peers() { return peers_; }
  forwarding::AskKeys& keys() { return keys_; }
  forwarding::Forwarder& forwarder() { return forwarder_; }
  net::Server* server() { return server_.get(); }  // nullptr before listen()

  void onMessage(const std::string& from, peers::Message message) override;
  void onLost(const std::string& node, const peers::Loss& loss) override;
  void onUp(const std::string& node) override;

 private:
  net::EventLoop& loop_;
  PeerSettings settings_;
  peers::Peers peers_;
  forwarding::AskKeys keys_;
  forwarding::Forwarder forwarder_;
  std::optional<forwarding::CallService> calls_;
  peers::PeerService service_;
  std::unique_ptr<net::Server> server_;
  runs::Runs* runs_ = nullptr;
};

// Whether what listens there is reached from this machine only.
bool isOfThisMachine(const net::Endpoint& endpoint);

// "NODE=HOST:PORT" of each. Kind "Usage".
base::Result<std::vector<peers::PeerAddress>> readPeerOptions(const std::vector<std::string>& options);

}  // namespace faasbatch::agent
