#include "node-agent/agent/agent.h"

#include <utility>

#include "lib/net/server.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/agent/cluster_agent.h"
#include "node-agent/agent/manifest_watch.h"
#include "node-agent/agent/parts.h"
#include "node-agent/agent/peer_parts.h"
#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::agent {
namespace {

constexpr base::Duration kCloseTime = std::chrono::seconds(2);  // for connections, when all runs have ended

class AgentImpl final : public Agent {
 public:
  AgentImpl(net::EventLoop& loop, const Options& options) : loop_(loop), options_(options) {}

  base::Result<void> start() {
    if (auto made = parts_.make(loop_, options_); !made) return made;
    gateway_.emplace(loop_, *parts_.workflows, *parts_.runs, *parts_.journal, parts_.metrics);
    base::Result<net::Endpoint> endpoint = net::Endpoint::parse(options_.listen);
    if (!endpoint) return std::unexpected(endpoint.error());
    gateway_->refusePages(isOfThisMachine(*endpoint));
    const auto problems = [](int status, std::string_view reason, std::string_view detail) {
      return gateway::problem(status, reason, detail);
    };
    auto server = net::Server::listen(
        loop_, *endpoint, {},
        [this](net::Request request, net::Responder responder) {
          gateway_->handle(std::move(request), std::move(responder));
        },
        problems);
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    parts_.workflows->load();
    parts_.runs->recover();
    if (parts_.peers) {
      gateway_->setElsewhere({*parts_.placements, parts_.peers->forwarder()});
      parts_.runs->setDirectory(*parts_.placements);
      parts_.peers->serve(*parts_.runs, *gateway_);
      if (auto served = parts_.peers->listen(options_.cluster.peerListen, nullptr); !served) return served;
    }
    return watchManifests();
  }

  std::string address() const override { return "http://" + server_->endpoint().describe(); }

  void shutdown(std::move_only_function<void()> done) override {
    if (std::exchange(stopping_, true)) {
      done_ = nullptr;
      return done();
    }
    done_ = std::move(done);
    gateway_->setDraining();
    telemetry::info("draining", {{"runs", parts_.runs->active()}});
    parts_.runs->drain(loop_.now() + options_.drainTime, [this] { closeConnections(); });
  }

 private:
  base::Result<void> watchManifests() {
    auto watch =
        ManifestWatch::make(loop_, options_.workflows, [this](const std::string& file, std::string text) {
          for (const std::string& document : workflow::splitDocuments(text)) applyDocument(file, document);
        });
    if (!watch) return std::unexpected(watch.error());
    watch_ = std::move(*watch);
    return {};
  }

  void applyDocument(const std::string& file, const std::string& document) {
    parts_.workflows->apply(document, options_.nameSpace, "", [file](const auto& applied) {
      if (applied) {
        telemetry::info("workflow applied", {{"file", file}, {"workflow", applied->plan->name}});
      } else if (applied.error().error) {
        telemetry::error("workflow not applied",
                         {{"file", file}, {"reason", applied.error().error->message}});
      } else {
        for (const workflow::Fault& fault : applied.error().faults) {
          telemetry::error("workflow not valid; the one applied before stays",
                           {{"file", file}, {"path", fault.path}, {"message", fault.message}});
        }
      }
    });
  }

  void closeConnections() {
    server_->drain(loop_.now() + kCloseTime, [this] {
      parts_.dispatcher->shutdown([this] {
        telemetry::info("stopped");
        if (done_) std::exchange(done_, nullptr)();
      });
    });
  }

  net::EventLoop& loop_;
  const Options options_;
  Parts parts_;
  std::optional<gateway::Gateway> gateway_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<ManifestWatch> watch_;
  bool stopping_ = false;
  std::move_only_function<void()> done_;
};

}  // namespace

base::Result<std::unique_ptr<Agent>> Agent::start(net::EventLoop& loop, const Options& options) {
  if (options.cluster.enabled) return startClusterAgent(loop, options);
  auto agent = std::make_unique<AgentImpl>(loop, options);
  if (auto started = agent->start(); !started) return std::unexpected(started.error());
  return agent;
}

}  // namespace faasbatch::agent
