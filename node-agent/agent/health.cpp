#include "node-agent/agent/health.h"

#include <utility>

#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::agent {

net::Response HealthService::ready() const {
  std::string text;
  for (const std::string& one : missing_()) text += (text.empty() ? "" : "; ") + one;
  if (text.empty()) return gateway::jsonResponse(200, R"({"status":"ready"})");
  return gateway::problem(503, "NotReady", text);
}

void HealthService::handle(const net::Request& request, net::Responder responder) const {
  if (request.method != "GET" && request.method != "HEAD") {
    net::Response response = gateway::problem(405, "MethodNotAllowed", "use GET");
    response.headers.add("Allow", "GET, HEAD");
    return responder.send(std::move(response));
  }
  const std::string_view path = request.path();
  if (path == "/healthz") return responder.send(gateway::jsonResponse(200, R"({"status":"ok"})"));
  if (path == "/readyz") return responder.send(ready());
  if (path == "/metrics") {
    measure_();
    return responder.send(gateway::metricsResponse(metrics_));
  }
  responder.send(gateway::problem(404, "NotFound", "here are /healthz, /readyz and /metrics"));
}

}  // namespace faasbatch::agent
