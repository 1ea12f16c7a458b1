#include "operator/manager/operator.h"

#include <fstream>
#include <optional>

#include "lib/cluster/names.h"
#include "lib/cluster/peer_secret.h"
#include "lib/kube/client.h"
#include "lib/kube/lease.h"
#include "lib/telemetry/log.h"
#include "operator/certificates/tls_watch.h"
#include "operator/controllers/networkpolicy/policy.h"
#include "operator/manager/access.h"
#include "operator/manager/admin_service.h"
#include "operator/manager/certificate_names.h"
#include "operator/manager/health_server.h"
#include "operator/manager/leading.h"
#include "operator/manager/operator_metrics.h"
#include "operator/manager/webhook_server.h"

namespace faasbatch::manager {
namespace {

struct Endpoints {
  net::Endpoint webhook;
  net::Endpoint health;
  std::optional<net::Endpoint> admin;
};

base::Result<Endpoints> endpointsOf(const Options& options) {
  auto webhook = net::Endpoint::parse(options.webhookListen);
  if (!webhook) return std::unexpected(webhook.error());
  auto health = net::Endpoint::parse(options.healthListen);
  if (!health) return std::unexpected(health.error());
  Endpoints endpoints{.webhook = std::move(*webhook), .health = std::move(*health), .admin = {}};
  if (options.adminListen.empty()) return endpoints;
  auto admin = net::Endpoint::parse(options.adminListen);
  if (!admin) return std::unexpected(admin.error());
  endpoints.admin = std::move(*admin);
  return endpoints;
}

// Its spec as JSON; empty where no file is given.
base::Result<std::string> policyIn(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream file(path, std::ios::binary);
  std::string text(controllers::kMaxPolicyBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    return base::fail("ReadFailed", "the network policy of function pods, " + path + ", cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto spec = controllers::policySpec(text);
  if (!spec) return base::fail(spec.error().kind, path + ": " + spec.error().message);
  return spec;
}

base::Result<std::unique_ptr<kube::Client>> clientFor(net::EventLoop& loop, const Options& options) {
  auto access = accessFor(loop, options);
  if (!access) return std::unexpected(access.error());
  return kube::Client::make(loop, std::move(*access), {.userAgent = "faasbatch-operator"});
}

class Operating final : public Operator {
 public:
  Operating(net::EventLoop& loop, const Options& options, std::string functionPolicy,
            std::unique_ptr<kube::Client> client, std::function<void(const base::Error&)> onFatal)
      : loop_(loop),
        options_(options),
        functionPolicy_(std::move(functionPolicy)),
        onFatal_(std::move(onFatal)),
        client_(std::move(client)),
        metrics_(registry_) {}

  ~Operating() override { loop_.cancel(timer_); }

  base::Result<void> begin(const Endpoints& endpoints) {
    auto health =
        listenForHealth(loop_, endpoints.health,
                        {.notReady = [this] { return notReady(); }, .metrics = [this] { return metrics(); }});
    if (!health) return std::unexpected(health.error());
    health_ = std::move(*health);
    if (endpoints.admin) {
      auto admin =
          listenForAdmin(loop_, *endpoints.admin,
                         {.secret = [this] { return cluster::readPeerSecret(options_.peerSecretFile); },
                          .view = [this] { return leading_ ? leading_->view() : std::nullopt; }});
      if (!admin) return std::unexpected(admin.error());
      admin_ = std::move(*admin);
    }
    webhook_ = WebhookServer::make(loop_, endpoints.webhook, registry_);
    tls_ =
        certificates::TlsWatch::start(loop_, *client_, options_.nameSpace,
                                      [this](const certificates::Served& served) { onCertificate(served); });
    elector_ =
        kube::LeaderElector::start(loop_, *client_,
                                   {.nameSpace = options_.nameSpace,
                                    .name = std::string(cluster::kLease),
                                    .identity = options_.identity},
                                   {.onStarted = [this] { lead(); }, .onStopped = [this] { follow(); }});
    return {};
  }

  void shutdown(std::move_only_function<void()> done) override {
    if (stopping_) return done();
    stopping_ = true;
    telemetry::info("the operator ends", {{"name", options_.identity}});
    const base::Duration drain = webhook_->serving() ? options_.drainTime : base::Duration(0);
    const base::Instant drained = loop_.now() + drain;
    elector_->release(kReleaseTime, [this, drained, done = std::move(done)]() mutable {
      timer_ = loop_.at(drained, [this, done = std::move(done)]() mutable {
        webhook_->drain(loop_.now() + kWebhookDrainTime, std::move(done));
      });
    });
  }

 private:
  void lead() {
    telemetry::info("this operator leads", {{"name", options_.identity}});
    leading_ = Leading::start({loop_, *client_, registry_},
                              {.nameSpace = options_.nameSpace,
                               .identity = options_.identity,
                               .dnsNames = certificateNames(options_.nameSpace, options_.gatewayDnsNames),
                               .peerSecret = [this] { return peerSecret(); },
                               .functionPolicy = functionPolicy_});
    if (peers_) leading_->trust(peers_);
  }

  void follow() {
    telemetry::info("this operator does not lead any more", {{"name", options_.identity}});
    leading_.reset();
  }

  void onCertificate(const certificates::Served& served) {
    const bool first = !webhook_->serving();
    if (const auto now = webhook_->serve({served.certificatePem, served.keyPem}); !now) {
      telemetry::error("the webhook does not serve the certificate", {{"error", now.error().message}});
      if (now.error().kind == "ListenFailed") return onFatal_(now.error());
    }
    if (first && webhook_->serving())
      telemetry::info("the webhook serves", {{"address", webhook_->endpoint().describe()}});
    trust({.caPem = served.bundlePem,
           .serverName = cluster::serviceHost(cluster::kPeerService, options_.nameSpace)});
  }

  void trust(const net::TlsClientOptions& options) {
    if (peers_) {
      if (const auto now = peers_->replace(options); !now)
        telemetry::error("the agents' authority cannot be read", {{"error", now.error().message}});
      return;
    }
    auto made = net::TlsClientContext::make(options);
    if (!made)
      return telemetry::error("the agents' authority cannot be read", {{"error", made.error().message}});
    peers_ = std::move(*made);
    if (leading_) leading_->trust(peers_);
  }

  // The file is replaced when the Secret is. Where it cannot be read, the agents refuse us, and say so.
  std::string peerSecret() const {
    auto secret = cluster::readPeerSecret(options_.peerSecretFile);
    if (secret) return std::move(*secret);
    telemetry::warning("no peer secret", {{"error", secret.error().message}});
    return "";
  }

  std::string notReady() const {
    if (stopping_) return "the operator ends";
    if (!webhook_->serving())
      return "there is no certificate yet: the leading operator makes it in Secret " + options_.nameSpace +
             "/" + std::string(cluster::kTlsSecret);
    return "";
  }

  std::string metrics() {
    metrics_.update(elector_->leading(), client_->requests(), leading_ ? leading_->inventory() : nullptr);
    return registry_.render();
  }

  net::EventLoop& loop_;
  const Options options_;
  const std::string functionPolicy_;
  std::function<void(const base::Error&)> onFatal_;
  telemetry::Registry registry_;
  std::unique_ptr<kube::Client> client_;
  OperatorMetrics metrics_;
  bool stopping_ = false;
  base::TimerId timer_ = 0;
  std::shared_ptr<net::TlsClientContext> peers_;
  std::unique_ptr<net::Server> health_;
  std::optional<admin::Server> admin_;
  std::unique_ptr<WebhookServer> webhook_;
  std::unique_ptr<certificates::TlsWatch> tls_;
  std::unique_ptr<Leading> leading_;
  std::unique_ptr<kube::LeaderElector> elector_;
};

}  // namespace

base::Result<std::unique_ptr<Operator>> Operator::start(net::EventLoop& loop, const Options& options,
                                                        std::function<void(const base::Error&)> onFatal) {
  if (const auto secret = cluster::readPeerSecret(options.peerSecretFile); !secret)
    return std::unexpected(secret.error());
  const auto endpoints = endpointsOf(options);
  if (!endpoints) return std::unexpected(endpoints.error());
  auto policy = policyIn(options.functionNetworkPolicyFile);
  if (!policy) return std::unexpected(policy.error());
  auto client = clientFor(loop, options);
  if (!client) return std::unexpected(client.error());
  auto made =
      std::make_unique<Operating>(loop, options, std::move(*policy), std::move(*client), std::move(onFatal));
  if (const auto begun = made->begin(*endpoints); !begun) return std::unexpected(begun.error());
  return made;
}

}  // namespace faasbatch::manager
