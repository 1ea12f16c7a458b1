#include "operator/manager/health_server.h"

namespace faasbatch::manager {
namespace {

constexpr std::size_t kMaxConnections = 64;
constexpr std::size_t kMaxBodyBytes = 1024;  // nobody has one to send

net::Response text(int status, std::string body, const std::string& type = "text/plain; charset=utf-8") {
  net::Response response{.status = status, .body = std::move(body)};
  response.headers.add("Content-Type", type);
  return response;
}

net::Response answer(const net::Request& request, const HealthSource& source) {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "GET only\n");
  if (request.path() == "/healthz") return text(200, "ok\n");
  if (request.path() == "/metrics")
    return text(200, source.metrics(), "text/plain; version=0.0.4; charset=utf-8");
  if (request.path() != "/readyz") return text(404, "there are /healthz, /readyz and /metrics\n");
  const std::string why = source.notReady();
  return why.empty() ? text(200, "ok\n") : text(503, why + "\n");
}

}  // namespace

base::Result<std::unique_ptr<net::Server>> listenForHealth(net::EventLoop& loop,
                                                           const net::Endpoint& endpoint,
                                                           HealthSource source) {
  return net::Server::listen(
      loop, endpoint, {.maxBodyBytes = kMaxBodyBytes, .maxConnections = kMaxConnections},
      [source = std::move(source)](const net::Request& request, net::Responder responder) {
        responder.send(answer(request, source));
      });
}

}  // namespace faasbatch::manager
