// `context.store` of function pods in a cluster: GET, PUT and DELETE /v1/store/KEY on a port of the node's
// agent, for each pod only below its workflow's prefix (docs/cluster.md, "Who may call").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node-agent/gateway/store_service.h"

namespace faasbatch::gateway {

// What a pod shows: "POD~PREFIX~" and HMAC-SHA256(secret, ...) of both. It says by itself what it opens, so
// that it holds after a restart of the agent too. `prefix` ends in '/'.
std::string storeToken(std::string_view secret, std::string_view pod, std::string_view prefix);
// The prefix that a token opens; nothing where this secret has not made it.
std::optional<std::string> storePrefixOf(std::string_view secret, std::string_view token);

// Loop thread only; `service` must outlive it.
class PodStore {
 public:
  PodStore(StoreService& service, std::string secret) : service_(service), secret_(std::move(secret)) {}
  // 401 without a token of ours, 403 where the key is not below the token's prefix.
  void handle(net::Request request, net::Responder responder);

 private:
  StoreService& service_;
  std::string secret_;
};

}  // namespace faasbatch::gateway
