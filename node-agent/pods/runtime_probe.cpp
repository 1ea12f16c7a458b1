#include "node-agent/pods/runtime_probe.h"

#include <algorithm>
#include <utility>

namespace faasbatch::pods {
namespace {

// A pod's address is there some tens of milliseconds before its runtime listens. A connection attempt that
// gets no answer at all, as the way to the pod is not there yet, is given up before TCP repeats it.
constexpr base::Duration kFirstPause = std::chrono::milliseconds(4);
constexpr base::Duration kLastPause = std::chrono::milliseconds(50);
constexpr base::Duration kConnectTime = std::chrono::milliseconds(250);
constexpr base::Duration kAnswerTime = std::chrono::seconds(2);
constexpr int kUnauthorized = 401;

net::ClientOptions optionsOf(const PodEndpoint& endpoint) {
  net::ClientOptions options;
  options.maxConnections = 1;
  options.maxBodyBytes = 1 << 20;
  options.connectTime = kConnectTime;
  if (!endpoint.token.empty()) options.headers.add("Authorization", "Bearer " + endpoint.token);
  return options;
}

}  // namespace

RuntimeProbe::RuntimeProbe(net::EventLoop& loop, const PodEndpoint& endpoint, base::Instant until, Done done)
    : loop_(loop),
      until_(until),
      done_(std::move(done)),
      pause_(kFirstPause),
      client_(net::Client::make(loop, endpoint.endpoint, optionsOf(endpoint))) {
  ask();
}

RuntimeProbe::~RuntimeProbe() {
  done_ = nullptr;
  loop_.cancel(timer_);
}

void RuntimeProbe::ask() {
  timer_ = 0;
  const base::Instant deadline = std::min(until_, loop_.now() + kAnswerTime);
  client_->call({.method = "GET", .target = "/v1/status", .headers = {}, .body = {}}, deadline,
                [this](base::Result<net::Response> response) {
                  if (done_) onAnswer(std::move(response));
                });
}

void RuntimeProbe::onAnswer(base::Result<net::Response> response) {
  if (!response) {
    if (loop_.now() + pause_ >= until_) return end(std::unexpected(response.error()));
    timer_ = loop_.after(pause_, [this] { ask(); });
    pause_ = std::min(pause_ * 3 / 2, kLastPause);
    return;
  }
  if (response->status == kUnauthorized)
    return end(base::fail("Unauthorized", "the pod does not take this agent's token"));
  if (response->status != 200) {
    return end(base::fail("InvalidResponse",
                          "the pod answered " + std::to_string(response->status) + " to /v1/status"));
  }
  base::Result<PodStatus> status = parseStatus(response->body);
  if (!status) status = base::fail("InvalidResponse", "the pod's /v1/status: " + status.error().message);
  end(std::move(status));
}

void RuntimeProbe::end(base::Result<PodStatus> result) {
  std::exchange(done_, nullptr)(std::move(result));  // last: it may destroy this
}

}  // namespace faasbatch::pods
