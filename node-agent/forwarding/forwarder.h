// Has another agent answer a caller's request: whatever belongs to a run is answered where the run is.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/forwarding/candidates.h"
#include "node-agent/forwarding/courier.h"
#include "node-agent/peers/peers.h"

namespace faasbatch::forwarding {

// A request that came from another agent has this before its own path on the peer port.
inline constexpr std::string_view kGatewayPath = "/v1/peer/gateway";
// Of a request that was passed on for the second time, to the agent that has its idempotency key: that one
// answers, whatever it knows.
inline constexpr std::string_view kSettledHeader = "Faasbatch-Settled";

inline constexpr base::Duration kListTime = std::chrono::seconds(5);   // for the lists of the others
inline constexpr base::Duration kLookEvery = std::chrono::seconds(1);  // whether who was asked is still there

// Loop thread only.
class Forwarder {
 public:
  using Here = std::move_only_function<void(net::Request, net::Responder)>;
  using Problem = std::function<net::Response(const base::Error&)>;
  // `problem` makes answers of errors: "AgentUnreachable", "InvalidResponse".
  Forwarder(net::EventLoop& loop, peers::Peers& peers, telemetry::Registry& metrics, Problem problem);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  const std::string& node() const { return peers_.node(); }
  std::vector<std::string> others() const { return peers_.nodes(); }

  // The first candidate that can be reached answers: those that have answered lately before others. This
  // agent does by `here`. Passed over are those that could not be sent anything, and as long as others are
  // left, those that are shutting down or have no such invocation. One that was lost after it had been sent
  // the request is not, as it may have acted.
  void pass(Candidates candidates, net::Request request, net::Responder responder, Here here);

  // Asks all other agents as well, and merges (merge_lists.h). A Warning header names those that did not
  // answer.
  using Own = base::Result<std::string>;
  void list(const net::Request& request, std::size_t limit, Own own, net::Responder responder);

  // What was under way with this agent will not be answered any more.
  void lost(const std::string& node, const std::string& why);

 private:
  struct Exchange;
  struct Listing;
  using ExchangePtr = std::shared_ptr<Exchange>;

  void next(const ExchangePtr& exchange);
  void ask(const ExchangePtr& exchange, net::Client& client);
  void stopAsking(const ExchangePtr& exchange);
  void answered(const ExchangePtr& exchange, base::Result<net::Response> answer);
  void look();
  void finishList(Listing& listing);

  net::EventLoop& loop_;
  peers::Peers& peers_;
  Courier courier_;
  Problem problem_;
  telemetry::Counter& forwarded_;
  telemetry::Counter& passedOver_;
  telemetry::Counter& lost_;
  std::set<ExchangePtr> underWay_;
  base::TimerId looking_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace faasbatch::forwarding
