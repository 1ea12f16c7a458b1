// The gateway as callers outside the cluster see it: the Service's port on a node, TLS checked against the
// ConfigMap's CA.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/curl_client.h"

namespace faasbatch::e2e {

struct Reply {
  int status = 0;  // 0: none, and `body` is why
  std::string body;
  net::Headers headers;
  base::Duration took = {};
};

struct Call {
  std::string method = "POST";
  std::string target;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class Gateway {
 public:
  // By node `node`'s address (empty: any worker's). `token` empty: none is shown.
  explicit Gateway(std::string token, const std::string& node = "", std::string certificatePem = "",
                   std::string keyPem = "");

  Reply call(const Call& call, base::Duration time = std::chrono::seconds(60));
  // All at once, each on a connection of its own as far as CurlClient goes.
  std::vector<Reply> burst(const std::vector<Call>& calls, base::Duration time = std::chrono::seconds(60));

  // POST of an invocation.
  Reply invoke(std::string_view nameSpace, std::string_view workflow, std::string_view input,
               std::vector<std::pair<std::string, std::string>> headers = {});
  static Call invocation(std::string_view nameSpace, std::string_view workflow, std::string_view input);
  Reply get(const std::string& target) { return call({.method = "GET", .target = target, .body = ""}); }

 private:
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::string token_;
  std::unique_ptr<net::CurlClient> client_;
};

// As the cluster's administrator, by the kubeconfig's client certificate.
Gateway administratorsGateway();

// https://ADDRESS:PORT of the gateway's Service on that node (empty: the first worker).
std::string gatewayUrl(const std::string& node = "");
std::string gatewayCa();

}  // namespace faasbatch::e2e
