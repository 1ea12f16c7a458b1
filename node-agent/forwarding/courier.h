// Carries calls to other agents: those of one turn of the loop for one agent in one request (call_frames.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/client.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/peers/peers.h"

namespace faasbatch::forwarding {

// How long a call or a record is waited for is its home's to decide.
inline constexpr base::Duration kForwardTime = std::chrono::hours(24);
inline constexpr std::size_t kMaxBytesTogether = 256 << 10;  // of bodies in one request
inline constexpr std::size_t kMaxBytesOfOne = 32 << 10;      // a call with a larger body travels alone
// An agent that does not know kCallsPath, an older one, is not asked to again for so long.
inline constexpr base::Duration kAloneTime = std::chrono::minutes(1);

// Loop thread only. `peers` must outlive it.
class Courier {
 public:
  using Done = std::move_only_function<void(base::Result<net::Response>)>;
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  Courier(net::EventLoop& loop, peers::Peers& peers, telemetry::Registry& metrics);

  // Leaves at the end of the turn. `done` is called once, never from inside the call, and not after the
  // courier's end; errors are those of net::Client, "ConnectFailed" also where there is no such agent.
  CallPtr call(const std::string& node, net::Request request, Done done);
  // Ends the call "Cancelled", before this returns. Nothing where it has ended.
  void cancel(const CallPtr& call);

 private:
  struct Batch;
  using BatchPtr = std::shared_ptr<Batch>;

  void leave();
  void leave(const std::string& node, std::vector<CallPtr> calls);
  void sendAlone(net::Client& client, const CallPtr& call);
  void sendTogether(net::Client& client, const std::string& node, std::vector<CallPtr> calls);
  void received(const BatchPtr& batch, std::string_view data);
  void ended(const BatchPtr& batch, const base::Result<void>& end);
  static void finish(Call& call, base::Result<net::Response> answer);
  static void finishAll(Batch& batch, const base::Result<net::Response>& answer);

  net::EventLoop& loop_;
  peers::Peers& peers_;
  telemetry::Counter& together_;
  std::map<std::string, std::vector<CallPtr>> queue_;  // of this turn, by node
  std::map<std::string, base::Instant> aloneUntil_;    // of older agents, by node
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace faasbatch::forwarding
