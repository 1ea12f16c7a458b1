#include "node-agent/forwarding/call_service.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "lib/net/loop.h"
#include "lib/net/respond_to.h"
#include "node-agent/forwarding/call_frames.h"
#include "node-agent/forwarding/forwarder.h"

namespace faasbatch::forwarding {
namespace {

// An answer's frame has its fields as well. One that is longer would have the answers of others refused.
constexpr std::size_t kMaxBodyOfAnswer = kMaxAnswerBytes - (64 << 10);
constexpr std::string_view kTooLong = "the answer is too long to be passed on by another agent: over 16 MiB";

}  // namespace

struct CallService::Batch : std::enable_shared_from_this<Batch> {
  Batch(net::EventLoop& eventLoop, net::Responder to, std::size_t calls)
      : loop(eventLoop), responder(std::move(to)), left(calls) {}

  void answer(std::uint32_t place, const net::Response& response) {
    --left;
    appendAnswer(out, place, response);
    if (std::exchange(scheduled, true)) return;
    loop.atEndOfTurn([self = shared_from_this()] { self->flush(); });
  }

  // The head goes with the first answers: by itself it would be one more segment.
  void flush() {
    scheduled = false;
    if (!std::exchange(begun, true)) responder.begin(200, {});
    if (left == 0) return responder.end(std::exchange(out, {}));
    responder.write(std::exchange(out, {}));
  }

  net::EventLoop& loop;
  net::Responder responder;
  std::size_t left;
  std::string out;  // answers that have not left
  bool begun = false;
  bool scheduled = false;
};

void CallService::handle(const net::Request& request, net::Responder responder) {
  if (request.method != "POST")
    return responder.send(problems_(405, "MethodNotAllowed", request.method + " is not POST"));
  auto calls = readCalls(request.body);
  if (!calls) return responder.send(problems_(400, calls.error().kind, calls.error().message));
  if (calls->empty()) return responder.send({});
  const auto batch = std::make_shared<Batch>(loop_, std::move(responder), calls->size());
  for (std::uint32_t place = 0; place < calls->size(); ++place) {
    net::Request& call = (*calls)[place];
    net::Responder caller = net::respondTo([this, batch, place](std::optional<net::Response> response) {
      if (!response) response = problems_(500, "InternalError", "the request was dropped without an answer");
      if (response->body.size() > kMaxBodyOfAnswer) response = problems_(500, "InternalError", kTooLong);
      batch->answer(place, *response);
    });
    if (call.target.starts_with(std::string(kGatewayPath) + "/")) {
      try {
        handler_(std::move(call), std::move(caller));
      } catch (const std::exception&) {
        // As in a session of its own: the responder went with the handler's frame, and has answered 500.
      }
    } else {
      caller.send(
          problems_(404, "NotFound", "calls that are passed on lie below " + std::string(kGatewayPath)));
    }
  }
}

}  // namespace faasbatch::forwarding
