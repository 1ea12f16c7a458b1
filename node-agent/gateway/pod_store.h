// `context.store` of function pods in a cluster: GET, PUT and DELETE /v1/store/KEY on a port of the node's
// agent, for each pod only below its workflow's prefix (docs/cluster.md, "Who may call").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "node-agent/gateway/store_service.h"

namespace faasbatch::gateway {

// What a pod shows: "POD~PREFIX~" and HMAC-SHA256(secret, ...) of both. It says by itself what it opens, so
// that it holds after a restart of the agent too. `prefix` ends in '/'.
std::string storeToken(std::string_view secret, std::string_view pod, std::string_view prefix);
struct StoreGrant {
  std::string pod;
  std::string prefix;
  friend bool operator==(const StoreGrant&, const StoreGrant&) = default;
};
// What a token says; nothing where this secret has not made it.
std::optional<StoreGrant> readStoreToken(std::string_view secret, std::string_view token);

// Loop thread only; `service` must outlive it.
class PodStore {
 public:
  // Whether this agent has a pod of that name whose function's keys begin with the prefix: a token is good
  // for as long as its pod is there. Nothing: that is not known yet.
  using Serves = std::function<std::optional<bool>(const std::string& pod, std::string_view prefix)>;
  PodStore(StoreService& service, std::string secret, Serves serves)
      : service_(service), secret_(std::move(secret)), serves_(std::move(serves)) {}

  // Why a request is not carried out, by its head alone: 401 without a token of ours or where its pod has
  // gone, 403 where the key is not below the token's prefix, 503 while the pods are not known.
  std::optional<net::Response> refusal(const net::Request& head) const;
  // Asks refusal() once more: the pod may have gone while the body came.
  void handle(net::Request request, net::Responder responder);

 private:
  StoreService& service_;
  std::string secret_;
  Serves serves_;
};

}  // namespace faasbatch::gateway
