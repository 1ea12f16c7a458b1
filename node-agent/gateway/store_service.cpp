#include "node-agent/gateway/store_service.h"

#include <charconv>
#include <memory>
#include <utility>

#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

constexpr std::string_view kPrefix = "/v1/store/";

// Seconds of the Faasbatch-Ttl header; zero where there is none.
std::optional<base::Duration> readTtl(const net::Headers& headers) {
  const auto text = headers.find("Faasbatch-Ttl");
  if (!text) return base::Duration(0);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  constexpr double kMaxSeconds = 366.0 * 24 * 3600;
  if (error != std::errc() || end != text->data() + text->size() || !(seconds >= 0 && seconds <= kMaxSeconds))
    return {};
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

net::Response noContent() {
  net::Response response;
  response.status = 204;
  return response;
}

}  // namespace

net::ServerLimits storeServerLimits() {
  net::ServerLimits limits;
  limits.maxBodyBytes = stores::kMaxValueBytes;
  limits.maxArrivingBytes = kMaxArrivingValues;
  limits.maxLeavingBytes = kMaxUnreadValues;
  return limits;
}

std::optional<std::string> StoreService::keyOf(const net::Request& request) {
  const std::string_view path = request.path();
  auto key = path.starts_with(kPrefix) ? net::percentDecode(path.substr(kPrefix.size())) : std::nullopt;
  if (key && key->empty()) key.reset();
  return key;
}

void StoreService::handle(net::Request request, net::Responder responder) {
  const auto key = keyOf(request);
  if (!key) return responder.send(problem(404, "NotFound", "use /v1/store/KEY"));
  const base::Instant deadline = loop_.now() + kStoreServiceTime;
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  const auto done = [shared](const base::Result<void>& result) {
    shared->send(result ? noContent() : problemOf(result.error()));
  };
  if (request.method == "GET") {
    return store_.get(*key, deadline, [shared](base::Result<std::optional<stores::Value>> value) {
      if (!value) return shared->send(problemOf(value.error()));
      if (!*value) return shared->send(problem(404, "NotFound", "the store has no such key"));
      net::Response response;
      response.headers.add("Content-Type", "application/octet-stream");
      response.headers.add("Faasbatch-Value-Type", (*value)->type);
      response.body = std::move((*value)->bytes);
      shared->send(std::move(response));
    });
  }
  if (request.method == "DELETE") return store_.remove({*key}, deadline, done);
  if (request.method != "PUT")
    return shared->send(problem(405, "MethodNotAllowed", "use GET, PUT or DELETE"));
  const auto ttl = readTtl(request.headers);
  if (!ttl) return shared->send(problem(400, "InvalidRequest", "Faasbatch-Ttl is not a number of seconds"));
  const auto type = request.headers.find("Faasbatch-Value-Type");
  store_.put(*key, {std::move(request.body), type == "bytes" ? "bytes" : "json"}, *ttl, deadline, done);
}

}  // namespace faasbatch::gateway
