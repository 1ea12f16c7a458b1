#include "node-agent/agent/cluster_agent.h"

#include <utility>

#include "lib/cluster/names.h"
#include "lib/telemetry/log.h"
#include "node-agent/agent/cluster_parts.h"
#include "node-agent/agent/health.h"
#include "node-agent/agent/live_report.h"
#include "node-agent/agent/parts.h"
#include "node-agent/agent/peer_parts.h"
#include "node-agent/agent/tls_contexts.h"
#include "node-agent/cluster/agent_addresses.h"
#include "node-agent/cluster/report_service.h"
#include "node-agent/cluster/workflow_catalog.h"
#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/pod_store.h"
#include "node-agent/gateway/problem.h"
#include "node-agent/pods/batch_request.h"

namespace faasbatch::agent {
namespace {

constexpr base::Duration kCloseTime = std::chrono::seconds(2);  // for connections, when all runs have ended

std::string urlOf(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != address.npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

class ClusterAgent final : public Agent {
 public:
  ClusterAgent(net::EventLoop& loop, const Options& options) : loop_(loop), options_(options) {}
  ~ClusterAgent() override { *alive_ = false; }

  base::Result<void> start();
  std::string address() const override;
  void shutdown(std::move_only_function<void()> done) override;

 private:
  using Handler = void (ClusterAgent::*)(net::Request, net::Responder);
  base::Result<std::unique_ptr<net::Server>> listen(const std::string& address, Handler handler,
                                                    net::ServerLimits limits = {},
                                                    std::shared_ptr<net::TlsServerContext> tls = nullptr,
                                                    net::Server::Admission admission = nullptr);
  base::Result<void> serveStore(batching::Dispatcher::Options& dispatch);
  base::Result<void> makePeers();
  void meetPeers();
  net::TlsClientOptions trusting(const std::string& caPem) const;
  void trust(const std::string& caPem);
  base::Result<void> serveGateway();
  void listenWith(std::unique_ptr<net::Server>& server, const std::string& address, Handler handler,
                  std::shared_ptr<net::TlsServerContext> tls);
  void listenToPeers(std::shared_ptr<net::TlsServerContext> tls);
  void follow();
  void adopt();
  std::vector<std::string> missing() const;
  cluster::Report report();
  void onGatewayRequest(net::Request request, net::Responder responder);
  void onStoreRequest(net::Request request, net::Responder responder);
  void onHealthRequest(net::Request request, net::Responder responder);
  void closeConnections();
  void leave();

  net::EventLoop& loop_;
  const Options options_;
  ClusterParts cluster_;
  std::shared_ptr<net::TlsClientContext> peerTls_;
  Parts parts_;
  std::optional<gateway::PodStore> podStore_;
  std::unique_ptr<clusterview::WorkflowCatalog> catalog_;
  std::optional<access::Guard> guard_;
  std::optional<gateway::Gateway> gateway_;
  std::optional<clusterview::ReportService> reports_;
  LiveReport live_{parts_, options_.maxPods};
  std::optional<HealthService> health_;
  std::unique_ptr<net::Server> storeServer_;
  std::unique_ptr<net::Server> healthServer_;
  std::unique_ptr<net::Server> gatewayServer_;
  std::unique_ptr<TlsContexts> tls_;
  std::unique_ptr<clusterview::AgentAddresses> addresses_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool adopted_ = false;
  bool stopping_ = false;
  std::move_only_function<void()> done_;
};

base::Result<void> ClusterAgent::start() {
  if (auto made = cluster_.make(loop_, options_); !made) return made;
  if (auto opened = parts_.open(loop_, options_); !opened) return opened;
  batching::Dispatcher::Options dispatch;
  dispatch.alwaysWarm.clear();  // of the namespaces that have functions here only
  dispatch.adopts = true;
  if (auto served = serveStore(dispatch); !served) return served;
  if (auto made = makePeers(); !made) return made;
  parts_.assemble(loop_, options_,
                  cluster_.makeProvider(loop_, [this]() -> const runs::Directory& { return *catalog_; }),
                  std::move(dispatch), cluster_.code());
  gateway_.emplace(loop_, *parts_.workflows, *parts_.runs, *parts_.journal, parts_.metrics);
  telemetry::Counter& requests =
      parts_.metrics.counter("faasbatch_kube_requests_total", "Requests sent to the API server.");
  health_.emplace(
      parts_.metrics, [this] { return missing(); },
      [this, &requests] { requests.add(cluster_.api->requests() - requests.value()); });
  auto health = listen(options_.cluster.healthListen, &ClusterAgent::onHealthRequest);
  if (!health) return std::unexpected(std::move(health.error()));
  healthServer_ = std::move(*health);
  parts_.workflows->load();
  parts_.runs->recover();
  follow();
  meetPeers();
  return serveGateway();
}

base::Result<void> ClusterAgent::makePeers() {
  auto tls = net::TlsClientContext::make(trusting(""));  // until the authorities are known nobody is
  if (!tls) return std::unexpected(std::move(tls.error()));
  peerTls_ = std::move(*tls);
  parts_.peers = std::make_unique<PeerParts>(
      loop_, parts_.metrics,
      PeerSettings{
          .node = options_.node, .secret = cluster_.secret, .storeKept = parts_.storeKept, .tls = peerTls_});
  return {};
}

net::TlsClientOptions ClusterAgent::trusting(const std::string& caPem) const {
  return {.caPem = caPem,
          .serverName = cluster::serviceHost(cluster::kPeerService, options_.cluster.nameSpace),
          .certificatePem = {},
          .keyPem = {}};
}

void ClusterAgent::trust(const std::string& caPem) {
  if (const auto replaced = peerTls_->replace(trusting(caPem)); !replaced)
    telemetry::error("the agents' authorities are not taken", {{"why", replaced.error().message}});
}

// Other agents, what they ask of this one, and what the operator does.
void ClusterAgent::meetPeers() {
  parts_.runs->setDirectory(*catalog_);
  parts_.peers->serve(*parts_.runs, *gateway_);
  parts_.peers->on(std::string(cluster::kReportPath),
                   [this](const net::Request& request, net::Responder caller) {
                     reports_->handle(request, std::move(caller));
                   });
  gateway_->setElsewhere({*catalog_, parts_.peers->forwarder()});
  addresses_ = clusterview::AgentAddresses::start(
      loop_, *cluster_.api, options_.cluster.nameSpace,
      [this](const std::vector<clusterview::AgentAddress>& agents) {
        std::vector<peers::PeerAddress> all;
        all.reserve(agents.size());
        for (const clusterview::AgentAddress& agent : agents) {
          all.push_back({agent.node, {.host = agent.host, .port = agent.port, .path = {}}, agent.ready});
        }
        parts_.peers->peers().update(all);
      });
}

// The workflows of the cluster, from now on.
void ClusterAgent::follow() {
  catalog_ = std::make_unique<clusterview::WorkflowCatalog>(clusterview::WorkflowCatalog::Dependencies{
      .loop = loop_,
      .workflows = *parts_.workflows,
      .node = options_.node,
      .feed =
          [this](clusterview::WorkflowFeed::Handlers handlers) {
            return clusterview::WorkflowFeed::start(loop_, *cluster_.api, options_.node, std::move(handlers));
          },
      .onSynced = [this] { adopt(); },
      .onChanged =
          [this] {
            if (reports_) reports_->changed();
          },
      .onLetGo =
          [this](const kube::ObjectKey& key) { parts_.runs->measures().forget(key.nameSpace, key.name); }});
  reports_.emplace(loop_, [this] { return report(); });
}

// Which pods are of use is known when the workflows are.
void ClusterAgent::adopt() {
  parts_.dispatcher->adoptPods([this, alive = alive_] {
    if (*alive) adopted_ = true;
  });
}

base::Result<std::unique_ptr<net::Server>> ClusterAgent::listen(const std::string& address, Handler handler,
                                                                net::ServerLimits limits,
                                                                std::shared_ptr<net::TlsServerContext> tls,
                                                                net::Server::Admission admission) {
  const auto endpoint = net::Endpoint::parse(address);
  if (!endpoint) return std::unexpected(endpoint.error());
  return net::Server::listen(
      loop_, *endpoint, limits,
      [this, handler](net::Request request, net::Responder responder) {
        (this->*handler)(std::move(request), std::move(responder));
      },
      [](int status, std::string_view reason, std::string_view detail) {
        return gateway::problem(status, reason, detail);
      },
      std::move(tls), std::move(admission));
}

// The functions' store is the cluster's where there is one, as a workflow may run on many nodes.
base::Result<void> ClusterAgent::serveStore(batching::Dispatcher::Options& dispatch) {
  stores::Store& store = parts_.clusterStore ? *parts_.clusterStore : *parts_.nodeStore;
  parts_.storeService.emplace(loop_, store);
  podStore_.emplace(*parts_.storeService, cluster_.secret,
                    [this](const std::string& pod, std::string_view prefix) {
                      return parts_.dispatcher ? parts_.dispatcher->servesStore(pod, prefix) : std::nullopt;
                    });
  auto server =
      listen(options_.cluster.storeListen, &ClusterAgent::onStoreRequest, gateway::storeServerLimits(),
             nullptr, [this](const net::Request& head) { return podStore_->refusal(head); });
  if (!server) return std::unexpected(std::move(server.error()));
  storeServer_ = std::move(*server);
  dispatch.storeKind = "Agent";
  dispatch.storeEndpoint = urlOf(options_.cluster.address, storeServer_->endpoint().port);
  dispatch.storeToken = [this](const std::string& pod, const calls::FunctionKey& key) {
    return gateway::storeToken(cluster_.secret, pod, pods::storePrefix(key));
  };
  return {};
}

base::Result<void> ClusterAgent::serveGateway() {
  const ClusterOptions& options = options_.cluster;
  gateway_->setDirectory(*catalog_);
  if (!options.openGateway) {
    guard_.emplace(loop_, *cluster_.reviewer, parts_.metrics);
    gateway_->guardedBy(*guard_);
  }
  if (options.plainGateway) {
    auto server = listen(options_.listen, &ClusterAgent::onGatewayRequest);
    if (!server) return std::unexpected(std::move(server.error()));
    gatewayServer_ = std::move(*server);
  }
  tls_ = std::make_unique<TlsContexts>(
      loop_, *cluster_.api,
      TlsSecrets{.nameSpace = options.nameSpace,
                 .gateway = options.plainGateway ? "" : options.gatewayTlsSecret,
                 .clientCertificates = !options.openGateway},
      TlsContexts::Handlers{
          .onPeers = [this](std::shared_ptr<net::TlsServerContext> tls) { listenToPeers(std::move(tls)); },
          .onGateway =
              [this](std::shared_ptr<net::TlsServerContext> tls) {
                listenWith(gatewayServer_, options_.listen, &ClusterAgent::onGatewayRequest, std::move(tls));
              },
          .onAuthorities = [this](const std::string& caPem) { trust(caPem); }});
  return {};
}

// An address that is in use stays so: /readyz names what does not listen, and the log why.
void ClusterAgent::listenWith(std::unique_ptr<net::Server>& server, const std::string& address,
                              Handler handler, std::shared_ptr<net::TlsServerContext> tls) {
  if (stopping_) return;
  auto made = listen(address, handler, {}, std::move(tls));
  if (!made) return telemetry::error("not listening", {{"address", address}, {"why", made.error().message}});
  server = std::move(*made);
  telemetry::info("listening", {{"address", server->endpoint().describe()}});
}

void ClusterAgent::listenToPeers(std::shared_ptr<net::TlsServerContext> tls) {
  if (stopping_) return;
  const std::string& address = options_.cluster.peerListen;
  const auto listening = parts_.peers->listen(address, std::move(tls));
  if (!listening) {
    return telemetry::error("not listening", {{"address", address}, {"why", listening.error().message}});
  }
  telemetry::info("listening", {{"address", address}});
}

void ClusterAgent::onGatewayRequest(net::Request request, net::Responder responder) {
  gateway_->handle(std::move(request), std::move(responder));
}

void ClusterAgent::onHealthRequest(net::Request request, net::Responder responder) {
  health_->handle(request, std::move(responder));
}

void ClusterAgent::onStoreRequest(net::Request request, net::Responder responder) {
  podStore_->handle(std::move(request), std::move(responder));
}

std::vector<std::string> ClusterAgent::missing() const {
  std::vector<std::string> all;
  if (stopping_) all.emplace_back("it is shutting down");
  if (!catalog_ || !catalog_->synced())
    all.emplace_back("the workflows have not been read from the API server");
  if (!adopted_) all.emplace_back("the node's function pods have not been looked at");
  if (!gatewayServer_)
    all.push_back("the gateway waits for its certificate in Secret " + options_.cluster.gatewayTlsSecret);
  if (parts_.peers->server() == nullptr)
    all.push_back("the peers' port waits for its certificate in Secret " + std::string(cluster::kTlsSecret));
  if (!parts_.journal->healthy())
    all.emplace_back("the journal cannot be written: see the log, free space on its disk");
  return all;
}

cluster::Report ClusterAgent::report() {
  cluster::Report report;
  report.node = options_.node;
  report.version = FAASBATCH_VERSION;
  report.maxPods = static_cast<std::uint32_t>(options_.maxPods);
  report.draining = stopping_;
  report.journalHealthy = parts_.journal->healthy();
  report.workflows = catalog_->report();
  live_.fill(report, loop_.now());
  return report;
}

std::string ClusterAgent::address() const {
  if (!gatewayServer_) return {};
  return (options_.cluster.plainGateway ? "http://" : "https://") + gatewayServer_->endpoint().describe();
}

void ClusterAgent::shutdown(std::move_only_function<void()> done) {
  if (std::exchange(stopping_, true)) {
    done_ = nullptr;
    return done();
  }
  done_ = std::move(done);
  gateway_->setDraining();
  reports_->changed();
  telemetry::info("draining", {{"runs", parts_.runs->active()}});
  parts_.runs->drain(loop_.now() + options_.drainTime, [this] { closeConnections(); });
}

// Function pods stay, for the next agent.
void ClusterAgent::closeConnections() {
  const auto left = std::make_shared<std::size_t>(1);
  const auto closed = [this, left] {
    if (--*left > 0) return;
    parts_.dispatcher->shutdown([this] { leave(); });
  };
  for (net::Server* server : {gatewayServer_.get(), parts_.peers->server()}) {
    if (server == nullptr) continue;
    ++*left;
    server->drain(loop_.now() + kCloseTime, closed);
  }
  closed();
}

// The node's Redis ends after this, with all that was stored.
void ClusterAgent::leave() {
  const auto left = [this] {
    telemetry::info("stopped");
    if (done_) std::exchange(done_, nullptr)();
  };
  if (!parts_.redisKeeper) return left();
  parts_.redisKeeper->leave(left);
}

}  // namespace

base::Result<std::unique_ptr<Agent>> startClusterAgent(net::EventLoop& loop, const Options& options) {
  auto agent = std::make_unique<ClusterAgent>(loop, options);
  if (auto started = agent->start(); !started) return std::unexpected(started.error());
  return agent;
}

}  // namespace faasbatch::agent
