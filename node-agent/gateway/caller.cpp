#include "node-agent/gateway/caller.h"

#include <string>

#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

constexpr std::string_view kImpersonate = "Impersonate-";

bool impersonates(std::string_view header) {
  return header.size() >= kImpersonate.size() &&
         net::sameName(header.substr(0, kImpersonate.size()), kImpersonate);
}

}  // namespace

std::expected<access::Credential, net::Response> callerOf(const net::Request& request) {
  std::string_view authorization;
  bool given = false;
  for (const auto& [name, value] : request.headers) {
    if (impersonates(name)) {
      return std::unexpected(problem(400, "InvalidRequest",
                                     "header " + name +
                                         ": the gateway takes nobody for somebody else; show "
                                         "a credential of the user itself"));
    }
    if (!net::sameName(name, "Authorization")) continue;
    if (given) {
      return std::unexpected(problem(400, "InvalidRequest", "several Authorization headers: show one"));
    }
    given = true;
    authorization = value;
  }
  if (request.peer != nullptr && !request.peer->commonName.empty()) {
    return access::Credential{.user = access::userOf(request.peer->commonName, request.peer->organizations)};
  }
  return access::credentialOf(authorization);
}

}  // namespace faasbatch::gateway
