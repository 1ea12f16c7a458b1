#include "node-agent/gateway/gateway.h"

#include <utility>

#include "node-agent/gateway/caller.h"
#include "node-agent/gateway/pages.h"
#include "node-agent/gateway/permission.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

// What only agents say to one another is not taken from a caller.
void dropWhatAgentsSay(net::Headers& headers) {
  if (!headers.find(forwarding::kSettledHeader)) return;
  net::Headers kept;
  for (const auto& [name, value] : headers) {
    if (!net::sameName(name, forwarding::kSettledHeader)) kept.add(name, value);
  }
  headers = std::move(kept);
}

}  // namespace

net::Response jsonResponse(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

net::Response metricsResponse(const telemetry::Registry& metrics) {
  net::Response response;
  response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = metrics.render();
  return response;
}

bool Gateway::isServed(const Route& route, const net::Request& request, net::Responder& responder) {
  if (route.resource == Resource::kNone) {
    responder.send(
        problem(404, "NotFound", "there is nothing at " + std::string(request.path().substr(0, 200))));
    return false;
  }
  if (!allows(route.resource, request.method)) {
    net::Response response =
        problem(405, "MethodNotAllowed",
                request.method + " is not one of " + std::string(allowedMethods(route.resource)));
    response.headers.add("Allow", std::string(allowedMethods(route.resource)));
    responder.send(std::move(response));
    return false;
  }
  return true;
}

void Gateway::handle(net::Request request, net::Responder responder) {
  Route route = parseRoute(request.path());
  // In a cluster, metrics are on a port that the Service does not show.
  if (route.resource == Resource::kMetrics && directory_ != nullptr) route.resource = Resource::kNone;
  if (!isServed(route, request, responder)) return;
  if (pages_) {
    if (auto refused = refusalOfPage(request, *pages_)) return responder.send(std::move(*refused));
  }
  dropWhatAgentsSay(request.headers);
  const auto permission = guard_ != nullptr ? permissionFor(route, request.method) : std::nullopt;
  if (!permission) return pass(route, std::move(request), std::move(responder));
  auto credential = callerOf(request);
  if (!credential) return responder.send(std::move(credential.error()));
  const std::string token(credential->token);  // `request` moves on
  credential->token = token;
  guard_->check(*credential, *permission,
                [this, route, request = std::move(request),
                 responder = std::move(responder)](std::expected<void, access::Denial> verdict) mutable {
                  if (!verdict) return responder.send(refusal(verdict.error()));
                  pass(route, std::move(request), std::move(responder));
                });
}

void Gateway::serve(const Route& route, net::Request request, net::Responder responder) {
  switch (route.resource) {
    case Resource::kNone:
      return;
    case Resource::kHealthz:
      return responder.send(jsonResponse(200, R"({"status":"ok"})"));
    case Resource::kReadyz:
      return getReady(std::move(responder));
    case Resource::kMetrics:
      return responder.send(metricsResponse(metrics_));
    case Resource::kWorkflows:
      return listWorkflows(route, std::move(responder));
    case Resource::kWorkflow:
      if (request.method == "PUT") return putWorkflow(route, request, std::move(responder));
      if (request.method == "DELETE") return deleteWorkflow(route, std::move(responder));
      return getWorkflow(route, std::move(responder));
    case Resource::kWorkflowInvocations:
    case Resource::kFunctionInvocations:
      return invoke(route, request, std::move(responder));
    case Resource::kInvocations:
      return listInvocations(route, request, std::move(responder));
    case Resource::kInvocation:
      if (request.method == "DELETE") return cancelInvocation(route, std::move(responder));
      return getInvocation(route, request, std::move(responder));
    case Resource::kLogs:
      return getLogs(route, std::move(responder));
  }
}

void Gateway::getReady(net::Responder responder) {
  if (draining_) return responder.send(problem(503, "Draining", "this agent is shutting down"));
  if (!journal_.healthy()) {
    return responder.send(
        problem(503, "StoreUnavailable",
                "the journal cannot be written: see the agent's log, free space on its disk"));
  }
  responder.send(jsonResponse(200, R"({"status":"ready"})"));
}

}  // namespace faasbatch::gateway
