// Answers calls that another agent passes on together: POST /v1/peer/calls on the peer port.
#pragma once

#include <functional>
#include <string_view>

#include "lib/net/server.h"
#include "node-agent/forwarding/call_frames.h"

namespace faasbatch::forwarding {

inline constexpr std::string_view kCallsPath = "/v1/peer/calls";
// For the peer port's maxBufferedBytes. Answers to one request wait for their reader as whole as they would
// each on a connection of its own: of one that reads nothing, ServerLimits::writeTime and maxLeavingBytes are
// the end.
inline constexpr std::size_t kMaxUnsentBytes = kMaxCallsTogether * kMaxAnswerBytes;

// Loop thread only; must outlive its answers, as must what answers.
class CallService {
 public:
  using Handler = std::function<void(net::Request, net::Responder)>;
  // `handler` answers each call as if it had come by itself, below kGatewayPath; other targets are answered
  // 404. `problems` makes answers of what is wrong.
  CallService(net::EventLoop& loop, Handler handler, net::ProblemMaker problems)
      : loop_(loop), handler_(std::move(handler)), problems_(std::move(problems)) {}

  // Answers leave as their calls end, those of one turn of the loop together. 400: it is no such request.
  void handle(const net::Request& request, net::Responder responder);

 private:
  struct Batch;

  net::EventLoop& loop_;
  Handler handler_;
  net::ProblemMaker problems_;
};

}  // namespace faasbatch::forwarding
