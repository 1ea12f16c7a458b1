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

std::optional<std::string> storePrefixOf(std::string_view secret, std::string_view token) {
  const std::size_t first = token.find(kSeparator);
  const std::size_t last = token.rfind(kSeparator);
  if (first == token.npos || first == last) return std::nullopt;
  const std::string_view pod = token.substr(0, first);
  const std::string_view prefix = token.substr(first + 1, last - first - 1);
  if (!prefix.ends_with('/')) return std::nullopt;
  if (!crypto::equalSecrets(token.substr(last + 1), signatureOf(secret, pod, prefix))) return std::nullopt;
  return std::string(prefix);
}

void PodStore::handle(net::Request request, net::Responder responder) {
  const auto shown = access::credentialOf(request.headers.find("Authorization").value_or(""));
  const auto prefix = storePrefixOf(secret_, shown.token);
  if (!prefix) {
    net::Response response =
        problem(401, "Unauthorized", "this is the store of function pods: show the token of one");
    response.headers.add("WWW-Authenticate", R"(Bearer realm="faasbatch-store")");
    return responder.send(std::move(response));
  }
  const auto key = StoreService::keyOf(request);
  if (key && !key->starts_with(*prefix)) {
    return responder.send(problem(403, "Forbidden", "this pod may use keys below " + *prefix + " only"));
  }
  service_.handle(std::move(request), std::move(responder));
}

}  // namespace faasbatch::gateway
