#include "node-agent/pods/pod_client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "node-agent/pods/batch_request.h"
#include "node-agent/pods/pod_error.h"

namespace faasbatch::pods {
namespace {

constexpr std::size_t kControlConnections = 8;  // besides one per call: init, status, cancel
constexpr std::size_t kMaxConnections = 1024;
constexpr std::size_t kShownBytes = 200;

net::ClientOptions optionsOf(const PodEndpoint& endpoint, std::size_t slots) {
  net::ClientOptions options;
  options.maxConnections = std::min(kMaxConnections, slots + kControlConnections);
  options.maxBodyBytes = 1 << 20;  // of status and init answers; a batch is a stream
  if (!endpoint.token.empty()) options.headers.add("Authorization", "Bearer " + endpoint.token);
  return options;
}

net::Request post(std::string target, std::string_view type, std::string body) {
  net::Request request{.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
  request.headers.add("Content-Type", std::string(type));
  return request;
}

std::string textOf(const std::vector<json::Member>& members, std::string_view key) {
  const auto raw = json::find(members, key);
  return raw ? json::asString(*raw).value_or("") : "";
}

std::uint64_t countOf(const std::vector<json::Member>& members, std::string_view key) {
  const auto raw = json::find(members, key);
  const std::int64_t value = raw ? json::asInt(*raw).value_or(0) : 0;
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

}  // namespace

base::Result<PodStatus> parseStatus(std::string_view body) {
  if (auto checked = json::check(body); !checked) return std::unexpected(checked.error());
  const auto members = json::members(body);
  if (!members) return std::unexpected(members.error());
  const auto recycle = json::find(*members, "recycle");
  return PodStatus{.state = textOf(*members, "state"),
                   .inFlight = countOf(*members, "inFlight"),
                   .abandonedThreads = countOf(*members, "abandonedThreads"),
                   .recycle = recycle && json::asBool(*recycle).value_or(false),
                   .function = textOf(*members, "function"),
                   .digest = textOf(*members, "digest")};
}

calls::CallError parseInitProblem(int status, std::string_view body) {
  calls::CallError strange{.type = "PodLost",
                           .message = "the pod answered " + std::to_string(status) +
                                      " to /v1/init: " + std::string(body.substr(0, kShownBytes)),
                           .traceback = {},
                           .blameless = true};
  if (!json::check(body)) return strange;
  const auto members = json::members(body);
  if (!members) return strange;
  if (const auto raw = json::find(*members, "error")) {
    if (const auto fields = json::members(*raw)) {
      calls::CallError error = readError(*fields);
      if (!error.type.empty() && error.type != "LoadFailed") error.message.insert(0, error.type + ": ");
      error.type = "LoadFailed";
      return error;
    }
  }
  if (textOf(*members, "reason") == "LoadFailed")
    return {.type = "LoadFailed", .message = textOf(*members, "detail").substr(0, kMaxErrorTextBytes)};
  return strange;
}

struct PodClient::Stream {
  std::uint64_t id = 0;
  net::Client::CallId call = 0;
  BatchObserver* observer = nullptr;  // nullptr once it has been told the end
  int status = 0;
  std::string problem;  // of an answer that is not 200
  BatchStream lines;
};

PodClient::PodClient(net::EventLoop& loop, const PodEndpoint& endpoint, std::size_t slots)
    : client_(net::Client::make(loop, endpoint.endpoint, optionsOf(endpoint, slots))) {}

PodClient::~PodClient() {
  *alive_ = false;
  for (const auto& [id, stream] : streams_) stream->observer = nullptr;
}

void PodClient::init(std::string body, base::Instant deadline,
                     std::move_only_function<void(std::expected<void, calls::CallError>)> done) {
  client_->call(
      post("/v1/init", "application/json", std::move(body)), deadline,
      [alive = alive_, done = std::move(done)](base::Result<net::Response> response) mutable {
        if (!*alive) return;
        if (!response) {
          const bool late = response.error().kind == "DeadlineExceeded";
          done(std::unexpected(calls::CallError{
              .type = late ? "LoadFailed" : "PodLost",
              .message = late ? "the code was not loaded in time (does the module block at import?)"
                              : "the pod was lost while it loaded the code: " + response.error().message,
              .traceback = {},
              .blameless = !late,
              .unexplained = !late}));
        } else if (response->status == 200) {
          done({});
        } else {
          done(std::unexpected(parseInitProblem(response->status, response->body)));
        }
      });
}

void PodClient::store(std::string body, base::Instant deadline,
                      std::move_only_function<void(base::Result<void>)> done) {
  client_->call(
      post("/v1/store", "application/json", std::move(body)), deadline,
      [alive = alive_, done = std::move(done)](const base::Result<net::Response>& response) mutable {
        if (!*alive) return;
        if (!response) return done(std::unexpected(response.error()));
        if (response->status == 200) return done({});
        done(base::fail("InvalidResponse",
                        "the pod answered " + std::to_string(response->status) + " to /v1/store"));
      });
}

void PodClient::status(base::Instant deadline, std::move_only_function<void(base::Result<PodStatus>)> done) {
  client_->call(
      {.method = "GET", .target = "/v1/status", .headers = {}, .body = {}}, deadline,
      [alive = alive_, done = std::move(done)](base::Result<net::Response> response) mutable {
        if (!*alive) return;
        if (!response) {
          done(std::unexpected(response.error()));
        } else {
          done(parseStatus(response->body));
        }
      },
      true);
}

void PodClient::cancel(std::span<const calls::CallId> ids, base::Duration grace, base::Instant deadline) {
  client_->call(post("/v1/cancel", "application/json", cancelBody(ids, grace)), deadline,
                [](const base::Result<net::Response>&) {});  // what becomes of the calls, their batch says
}

void PodClient::batch(std::string lines, base::Instant deadline, BatchObserver& observer) {
  auto stream = std::make_shared<Stream>();
  stream->id = ++lastStream_;
  stream->observer = &observer;
  streams_.emplace(stream->id, stream);
  net::StreamSink sink;
  sink.onHead = [stream](int status, const net::Headers&) { stream->status = status; };
  sink.onData = [this, stream](std::string_view data) { received(stream, data); };
  sink.onEnd = [this, stream](base::Result<void> end) {
    if (stream->observer == nullptr) return;
    if (end && stream->status != 200) {
      end = base::fail("InvalidResponse", "the pod answered " + std::to_string(stream->status) +
                                              " to /v1/batch: " + stream->problem);
    }
    if (end) end = stream->lines.end();
    finish(stream, std::move(end));
  };
  stream->call =
      client_->stream(post("/v1/batch", "application/jsonl", std::move(lines)), deadline, std::move(sink));
}

void PodClient::received(const std::shared_ptr<Stream>& stream, std::string_view data) {
  if (stream->observer == nullptr) return;
  if (stream->status != 200) {
    stream->problem += data.substr(0, kShownBytes - std::min(kShownBytes, stream->problem.size()));
    return;
  }
  const std::shared_ptr<bool> alive = alive_;
  // The sink that `stream` is part of may go while a line is handled.
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const std::shared_ptr<Stream> kept = stream;
  const base::Result<void> fed = kept->lines.feed(data, *kept->observer);
  if (fed || !*alive || kept->observer == nullptr) return;
  const net::Client::CallId call = kept->call;
  finish(kept, fed);
  if (*alive) client_->cancel(call);
}

void PodClient::finish(const std::shared_ptr<Stream>& stream, base::Result<void> end) {
  streams_.erase(stream->id);
  std::exchange(stream->observer, nullptr)->onEnd(std::move(end));
}

void PodClient::abandon(const base::Error& why) {
  const std::shared_ptr<bool> alive = alive_;
  while (*alive && !streams_.empty()) {
    const std::shared_ptr<Stream> stream = streams_.begin()->second;
    const net::Client::CallId call = stream->call;
    finish(stream, std::unexpected(why));
    if (*alive) client_->cancel(call);
  }
}

}  // namespace faasbatch::pods
