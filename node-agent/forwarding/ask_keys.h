// Whether another agent has a run with an idempotency key: GET /v1/peer/keys on the peer port.
#pragma once

#include <memory>

#include "lib/net/server.h"
#include "node-agent/peers/peers.h"
#include "node-agent/runs/runs.h"

namespace faasbatch::forwarding {

// Query: namespace, workflow, function, key. Answered with {"state": "Unknown" | "Asking" | "Known"}.
inline constexpr std::string_view kKeysPath = "/v1/peer/keys";
inline constexpr base::Duration kAskTime =
    std::chrono::seconds(1);  // then an agent is taken not to know the key

// Loop thread only. `peers` must outlive it.
class AskKeys final : public runs::KeyPeers {
 public:
  AskKeys(net::EventLoop& loop, peers::Peers& peers) : loop_(loop), peers_(peers) {}
  void ask(const runs::KeyName& name,
           std::move_only_function<void(std::optional<std::string>)> done) override;

  // Another agent asks.
  void answer(runs::Runs& runs, const net::Request& request, net::Responder responder);

 private:
  struct Asking;
  net::EventLoop& loop_;
  peers::Peers& peers_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace faasbatch::forwarding
