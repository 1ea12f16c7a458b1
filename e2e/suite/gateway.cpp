#include "e2e/suite/gateway.h"

#include <stdexcept>

#include "e2e/suite/cluster.h"
#include "lib/testing/eventually.h"

namespace faasbatch::e2e {
namespace {

constexpr std::size_t kMaxConnections = 128;

}  // namespace

std::string gatewayUrl(const std::string& node) {
  const std::string worker = node.empty() ? workers().front() : node;
  const std::string address =
      field("{.status.addresses[?(@.type==\"InternalIP\")].address}", {"node", worker});
  const std::string port =
      field("{.spec.ports[0].nodePort}", {"service", "faasbatch-gateway", "-n", std::string(kSystem)});
  const std::string name =
      field("{.spec.ports[0].name}", {"service", "faasbatch-gateway", "-n", std::string(kSystem)});
  return name + "://" + address + ":" + port;
}

std::string gatewayCa() {
  return field("{.data.ca\\.crt}", {"configmap", "faasbatch-ca", "-n", std::string(kSystem)});
}

Gateway::Gateway(std::string token, const std::string& node, std::string certificatePem, std::string keyPem)
    : token_(std::move(token)) {
  net::CurlOptions options{.maxConnections = kMaxConnections};
  const std::string url = gatewayUrl(node);
  if (url.starts_with("https:"))
    options.tls = {.caPem = gatewayCa(),
                   .certificatePem = std::move(certificatePem),
                   .keyPem = std::move(keyPem),
                   .serverName = "faasbatch-gateway." + std::string(kSystem) + ".svc"};
  auto client = net::CurlClient::make(*loop_, url, options);
  if (!client) throw std::runtime_error(client.error().message);
  client_ = std::move(*client);
}

std::vector<Reply> Gateway::burst(const std::vector<Call>& calls, base::Duration time) {
  std::vector<Reply> replies(calls.size());
  std::size_t open = calls.size();
  const base::Instant began = loop_->now();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    net::Request request{
        .method = calls[i].method, .target = calls[i].target, .headers = {}, .body = calls[i].body};
    if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
    request.headers.add("Content-Type", "application/json");
    for (const auto& [name, value] : calls[i].headers) request.headers.add(name, value);
    client_->call(std::move(request), began + time, [&, i](base::Result<net::Response> response) {
      Reply& reply = replies[i];
      reply.took = loop_->now() - began;
      if (response) {
        reply.status = response->status;
        reply.body = std::move(response->body);
        reply.headers = std::move(response->headers);
      } else {
        reply.body = response.error().message;
      }
      if (--open == 0) loop_->stop();
    });
  }
  testing::runUntil(*loop_, [&] { return open == 0; }, time + std::chrono::seconds(10));
  if (open != 0) throw std::runtime_error("the gateway does not answer");
  return replies;
}

Reply Gateway::call(const Call& call, base::Duration time) { return burst({call}, time).front(); }

Call Gateway::invocation(std::string_view nameSpace, std::string_view workflow, std::string_view input) {
  return {.method = "POST",
          .target = "/v1/namespaces/" + std::string(nameSpace) + "/workflows/" + std::string(workflow) +
                    "/invocations",
          .body = std::string(input)};
}

Reply Gateway::invoke(std::string_view nameSpace, std::string_view workflow, std::string_view input,
                      std::vector<std::pair<std::string, std::string>> headers) {
  Call one = invocation(nameSpace, workflow, input);
  one.headers = std::move(headers);
  return call(one);
}

Gateway administratorsGateway() {
  const auto decoded = [](const std::string& name) {
    const std::string path = "{.users[0].user.client-" + name + "-data}";
    const TextFile file(kubectl({"config", "view", "--raw", "-o=jsonpath=" + path}), ".b64");
    return must({"base64", "-d", file.path()});
  };
  return Gateway("", "", decoded("certificate"), decoded("key"));
}

}  // namespace faasbatch::e2e
