#include "runtime/supervisor/api.h"

#include <memory>
#include <utility>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"
#include "runtime/supervisor/problem.h"

namespace faasbatch::supervisor {
namespace {

constexpr double kDefaultGraceMs = 1000;
constexpr double kMaxGraceMs = 3'600'000;

net::Response jsonResponse(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

net::Response problem(const base::Error& error) {
  return supervisor::problem(statusOf(error.kind), error.kind, error.message);
}

struct CancelRequest {
  std::vector<std::string> ids;
  base::Duration grace{};
};

base::Result<CancelRequest> parseCancel(std::string_view body) {
  if (auto checked = json::check(body); !checked)
    return base::fail("InvalidRequest", checked.error().message);
  const auto members = json::members(body);
  const auto list = members ? json::find(*members, "ids") : std::nullopt;
  const auto ids = list ? json::elements(*list) : base::fail("InvalidRequest", "");
  if (!ids) return base::fail("InvalidRequest", "expected {\"ids\": [\"...\"], \"graceMs\": 1000}");
  CancelRequest request;
  for (const std::string_view raw : *ids) {
    auto id = json::asString(raw);
    if (!id) return base::fail("InvalidRequest", "an id that is not a string: " + std::string(raw));
    request.ids.push_back(std::move(*id));
  }
  const double grace = json::asDouble(json::find(*members, "graceMs").value_or("")).value_or(kDefaultGraceMs);
  request.grace = base::Duration(static_cast<std::int64_t>(std::clamp(grace, 0.0, kMaxGraceMs) * 1e6));
  return request;
}

}  // namespace

void Api::handle(net::Request request, net::Responder responder) {
  if (!authorised(request.headers, token_))
    return responder.send(problem({"Unauthorized", "the call does not carry the pod's token"}));
  const std::string_view path = request.path();
  const bool isGet = request.method == "GET";
  const bool isPost = request.method == "POST";
  if (path == "/v1/batch" && isPost) return batch(std::move(request), std::move(responder));
  if (path == "/v1/status" && isGet) return responder.send(jsonResponse(200, status()));
  if (path == "/v1/init" && isPost) return init(std::move(request), std::move(responder));
  if (path == "/v1/cancel" && isPost) return cancel(request, std::move(responder));
  if (path == "/v1/store" && isPost) return store(request, std::move(responder));
  for (const std::string_view known : {"/v1/status", "/v1/init", "/v1/batch", "/v1/cancel", "/v1/store"}) {
    if (path == known)
      return responder.send(
          problem({"MethodNotAllowed", request.method + " is not a method of " + std::string(path)}));
  }
  responder.send(problem({"NotFound", "there is no " + std::string(path)}));
}

std::string Api::status() const {
  const PodCounters& counted = pod_.counters();
  const auto threads = static_cast<std::int64_t>(pod_.abandonedThreads());
  std::string out;
  json::Object object(out);
  object.text("state", stateName(pod_.state()))
      .text("runtime", runtime_ == Runtime::kPython ? "Python" : "Native");
  object.text("function", pod_.request().function).text("digest", pod_.request().digest);
  object.number("inFlight", static_cast<std::int64_t>(pod_.inFlight())).number("abandonedThreads", threads);
  object.boolean("recycle", threads > 0 || pod_.state() == PodState::kFailed);
  json::Object counters(object.key("counters"));
  counters.number("batches", counted.batches).number("invocations", counted.invocations);
  counters.number("crashes", counted.crashes).number("timeouts", counted.timeouts).end();
  store_.appendConnections(object.key("connections"));
  object.raw("shared", pod_.shared()).end();
  return out;
}

void Api::init(net::Request request, net::Responder responder) {
  auto parsed = parseInit(std::move(request.body));
  if (!parsed) return responder.send(problem(parsed.error()));
  const multiplexer::StoreSpec store = parsed->store;
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  auto begun = pod_.init(std::move(*parsed), [shared](const auto& error, double loadMs) {
    if (error) {
      shared->send(supervisor::problem(statusOf("LoadFailed"), "LoadFailed", error->message, error));
      return;
    }
    std::string body;
    json::Object(body).text("state", "Ready").number("loadMs", loadMs).end();
    shared->send(jsonResponse(200, std::move(body)));
  });
  if (!begun) return shared->send(problem(begun.error()));
  store_.connect(store);
}

void Api::store(const net::Request& request, net::Responder responder) {
  if (const auto checked = json::check(request.body); !checked)
    return responder.send(problem({"InvalidRequest", checked.error().message}));
  const auto spec = parseStore(request.body);
  if (!spec) return responder.send(problem(spec.error()));
  if (pod_.state() != PodState::kReady)
    return responder.send(problem({"NotInitialised", "the pod has no function whose store this could be"}));
  store_.connect(*spec);
  responder.send(jsonResponse(200, "{}"));
}

void Api::batch(net::Request request, net::Responder responder) {
  if (auto taken = pod_.submit(std::move(request.body), responder); !taken)
    responder.send(problem(taken.error()));
}

void Api::cancel(const net::Request& request, net::Responder responder) {
  const auto parsed = parseCancel(request.body);
  if (!parsed) return responder.send(problem(parsed.error()));
  pod_.cancel(parsed->ids, parsed->grace);
  responder.send(jsonResponse(202, "{}"));
}

}  // namespace faasbatch::supervisor
