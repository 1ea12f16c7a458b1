#include "cli/cluster/gateway_connection.h"

#include <optional>
#include <utility>

#include "cli/cluster/http_connection.h"
#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/token_source.h"

namespace faasbatch::cli {
namespace {

constexpr std::size_t kMaxCaBytes = 1 << 20;

class ForwardedConnection final : public GatewayConnection {
 public:
  ForwardedConnection(ApiServer& api, GatewayOptions options) : api_(api), options_(std::move(options)) {}

  base::Result<GatewayService> open() override {
    if (!gateway_) {
      auto gateway = findGateway(api_, options_.nameSpace);
      if (!gateway) return gateway;
      if (auto ca = gateway->tls ? authorities(*gateway) : std::string(); ca) {
        ca_ = std::move(*ca);
      } else {
        return std::unexpected(std::move(ca.error()));
      }
      gateway_ = std::move(*gateway);
    }
    if (auto forwarded = forward(); !forwarded) return std::unexpected(std::move(forwarded.error()));
    return *gateway_;
  }

  base::Result<net::Response> call(const net::Request& request, base::Duration time) override {
    const base::Instant deadline = api_.loop().now() + time;
    auto answer = send(request, deadline);
    if (answer || !mayRepeat(request, answer.error())) return answer;
    close();
    return send(request, deadline);
  }

 private:
  static bool mayRepeat(const net::Request& request, const base::Error& error) {
    if (error.message.find("certificate") != error.message.npos) return false;
    return error.kind == "ConnectFailed" || (error.kind == "ConnectionLost" && request.method == "GET");
  }

  void close() {
    http_.reset();
    forward_ = nullptr;
  }

  base::Result<void> forward() {
    if (forward_) return {};
    auto forward = PortForward::start({.kubeconfig = options_.kubeconfig,
                                       .context = options_.context,
                                       .nameSpace = gateway_->nameSpace,
                                       .service = std::string(cluster::kGatewayService),
                                       .port = gateway_->port},
                                      options_.portForwardTime);
    if (!forward) return std::unexpected(std::move(forward.error()));
    forward_ = std::move(*forward);
    return {};
  }

  // Whom to trust.
  base::Result<std::string> authorities(const GatewayService& gateway) {
    if (!options_.caFile.empty()) {
      auto pem = kube::readCredentialFile(options_.caFile, kMaxCaBytes);
      if (!pem) return base::fail("Usage", "--gateway-ca: " + pem.error().message);
      return pem;
    }
    const kube::ObjectKey key{gateway.nameSpace, std::string(cluster::kCaConfigMap)};
    const auto map = api_.get(kube::kConfigMaps, key);
    if (!map) {
      return base::fail(map.error().reason, "the gateway's CA (ConfigMap " + key.describe() +
                                                "): " + describe(map.error()) +
                                                "; an administrator can bind you to Role "
                                                "faasbatch-gateway-access, or give --gateway-ca FILE");
    }
    auto pem = json::asString(json::at(map->json, {"data", "ca.crt"}).value_or(""));
    if (pem && !pem->empty()) return std::move(*pem);
    return base::fail(
        "InvalidGateway",
        "ConfigMap " + key.describe() + " has no ca.crt: does the operator run? (kubectl faasbatch check)");
  }

  std::string serverName() const {
    return options_.serverName.empty() ? gateway_->host() : options_.serverName;
  }

  base::Result<net::Response> send(const net::Request& request, base::Instant deadline) {
    if (const auto opened = open(); !opened) return std::unexpected(opened.error());
    if (!http_) {
      const std::string scheme = gateway_->tls ? "https" : "http";
      http_.emplace(
          api_.loop(),
          HttpTarget{.url = scheme + "://127.0.0.1:" + std::to_string(forward_->port()),
                     .tls = {.caPem = ca_, .serverName = serverName()},
                     .credentials = {.certificate = api_.access().certificate, .token = api_.access().token}},
          [this](const std::string& why) { return explainGateway(*gateway_, why); });
    }
    return http_->call(request, deadline - api_.loop().now());
  }

  ApiServer& api_;
  GatewayOptions options_;
  std::optional<GatewayService> gateway_;
  std::string ca_;
  std::unique_ptr<PortForward> forward_;
  std::optional<HttpConnection> http_;
};

}  // namespace

std::string explainGateway(const GatewayService& gateway, const std::string& why) {
  std::string text =
      "the gateway (" + gateway.host() + ":" + std::to_string(gateway.port) + ", by port-forward): " + why;
  if (why.find("certificate") != why.npos) {
    text += " (one of your own? give --gateway-ca FILE and --gateway-server-name NAME)";
  } else {
    text += " (kubectl faasbatch check)";
  }
  return text;
}

std::unique_ptr<GatewayConnection> GatewayConnection::make(ApiServer& api, GatewayOptions options) {
  return std::make_unique<ForwardedConnection>(api, std::move(options));
}

}  // namespace faasbatch::cli
