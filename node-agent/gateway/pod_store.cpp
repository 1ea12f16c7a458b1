#include "node-agent/gateway/pod_store.h"

#include <utility>

#include "lib/crypto/digest.h"
#include "node-agent/access/user.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

constexpr char kSeparator = '~';  // in no name of Kubernetes, and a bearer token may have it (RFC 6750)

// No pod's name is such a text: what a pod's own token is made of cannot be mistaken for this.
std::string signatureOf(std::string_view secret, std::string_view pod, std::string_view prefix) {
  std::string text = "store\n";
  text.append(pod).append("\n").append(prefix);
  return crypto::hmacSha256Hex(secret, text);
}

}  // namespace

std::string storeToken(std::string_view secret, std::string_view pod, std::string_view prefix) {
  std::string token(pod);
  token.append(1, kSeparator).append(prefix).append(1, kSeparator);
  return token + signatureOf(secret, pod, prefix);
}

std::optional<StoreGrant> readStoreToken(std::string_view secret, std::string_view token) {
  const std::size_t first = token.find(kSeparator);
  const std::size_t last = token.rfind(kSeparator);
  if (first == token.npos || first == last) return std::nullopt;
  const std::string_view pod = token.substr(0, first);
  const std::string_view prefix = token.substr(first + 1, last - first - 1);
  if (!prefix.ends_with('/')) return std::nullopt;
  if (!crypto::equalSecrets(token.substr(last + 1), signatureOf(secret, pod, prefix))) return std::nullopt;
  return StoreGrant{std::string(pod), std::string(prefix)};
}

std::optional<net::Response> PodStore::refusal(const net::Request& head) const {
  const auto unauthorized = [](std::string_view detail) {
    net::Response response = problem(401, "Unauthorized", detail);
    response.headers.add("WWW-Authenticate", R"(Bearer realm="faasbatch-store")");
    return response;
  };
  const auto shown = access::credentialOf(head.headers.find("Authorization").value_or(""));
  const auto grant = readStoreToken(secret_, shown.token);
  if (!grant) return unauthorized("this is the store of function pods: show the token of one");
  const std::optional<bool> serves = serves_(grant->pod, grant->prefix);
  if (!serves) {
    return problemOf(
        base::Error{"StoreUnavailable",
                    "this agent has just begun and does not know its pods yet: try again in a moment"});
  }
  if (!*serves) {
    return unauthorized("there is no pod " + grant->pod + " of " + grant->prefix +
                        " here any more: its token opens nothing");
  }
  const auto key = StoreService::keyOf(head);
  if (!key || key->starts_with(grant->prefix)) return std::nullopt;
  return problem(403, "Forbidden", "this pod may use keys below " + grant->prefix + " only");
}

void PodStore::handle(net::Request request, net::Responder responder) {
  if (auto refused = refusal(request)) return responder.send(std::move(*refused));
  service_.handle(std::move(request), std::move(responder));
}

}  // namespace faasbatch::gateway
