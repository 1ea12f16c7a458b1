#include "node-agent/peers/service.h"

#include <utility>

#include "lib/json/write.h"
#include "lib/telemetry/log.h"
#include "node-agent/peers/secret.h"

namespace faasbatch::peers {
namespace {

std::string problem(int status, std::string_view reason, std::string_view detail) {
  std::string body;
  json::Object object(body);
  object.text("type", "about:blank").number("status", status).text("reason", reason).text("detail", detail);
  object.end();
  return body;
}

bool liesBelow(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string textOf(const net::Headers& headers, std::string_view name) {
  return std::string(headers.find(name).value_or(""));
}

}  // namespace

net::Response PeerService::answer(int status, std::string body) const {
  net::Response response;
  response.status = status;
  response.headers.add(std::string(kIncarnationHeader), peers_.incarnation());
  response.headers.add(std::string(kStoreHeader), peers_.options().storeKept ? "kept" : "forgets");
  if (!body.empty()) response.headers.add("Content-Type", "application/problem+json");
  response.body = std::move(body);
  return response;
}

std::optional<net::Response> PeerService::refusal(const net::Request& head) const {
  if (showsSecret(head.headers.find("Authorization").value_or(""), secret_)) return std::nullopt;
  telemetry::warning("a request to the peer port showed a wrong secret and was refused",
                     {{"claims", textOf(head.headers, kNodeHeader).substr(0, 253)},
                      {"path", std::string(head.path().substr(0, 200))}});
  net::Response response;
  response.status = 401;
  response.headers.add("WWW-Authenticate", "Bearer");
  response.headers.add("Content-Type", "application/problem+json");
  response.body = problem(401, "Unauthorized",
                          "the peer port is for agents and operator: show the secret faasbatch-peers");
  return response;
}

void PeerService::handle(net::Request request, net::Responder responder) {
  if (auto refused = refusal(request)) return responder.send(std::move(*refused));
  if (request.path() == kMessagesPath && request.method == "POST") return messages(request, responder);
  for (const auto& [path, handler] : handlers_) {
    if (liesBelow(request.path(), path)) return handler(std::move(request), std::move(responder));
  }
  responder.send(
      answer(404, problem(404, "NotFound",
                          "the peer port has nothing at " + std::string(request.path().substr(0, 200)))));
}

void PeerService::messages(net::Request& request, net::Responder& responder) {
  auto decoded = decode(request.body);
  if (!decoded) {
    telemetry::error("a peer sent what is no message",
                     {{"peer", textOf(request.headers, kNodeHeader)}, {"reason", decoded.error().message}});
    return responder.send(answer(400, problem(400, decoded.error().kind, decoded.error().message)));
  }
  const bool meant = peers_.received(textOf(request.headers, kNodeHeader),
                                     request.headers.find(kIncarnationHeader).value_or(""),
                                     request.headers.find(kStoreHeader) == "kept",
                                     request.headers.find(kToHeader).value_or(""), std::move(*decoded));
  responder.send(meant ? answer(200)
                       : answer(412, problem(412, "AnotherLife", "this agent has restarted since")));
}

}  // namespace faasbatch::peers
