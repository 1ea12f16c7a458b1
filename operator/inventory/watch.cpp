#include "operator/inventory/watch.h"

#include "lib/cluster/names.h"
#include "lib/kube/informer.h"
#include "lib/telemetry/log.h"
#include "operator/inventory/node_object.h"

namespace faasbatch::inventory {
namespace {

class Watching final : public Watch {
 public:
  Watching(net::EventLoop& loop, kube::Client& client, WatchOptions options,
           std::function<void(const Changes&)> onChanges)
      : loop_(loop), onChanges_(std::move(onChanges)) {
    poller_ = ReportPoller::make(
        loop, std::move(options.reports),
        {.onReport = [this](const std::string& node,
                            cluster::Report report) { onReport(node, std::move(report)); },
         .onFailure = [this](const std::string& node, const std::string& why) { onFailure(node, why); }});
    nodes_ = kube::Informer::start(
        loop, client, {.resource = kube::kNodes, .transform = slimNode},
        {.onAdded = [this](const kube::Object& node) { tell(inventory_.setNode(nodeFacts(node))); },
         .onUpdated = [this](const kube::Object&,
                             const kube::Object& node) { tell(inventory_.setNode(nodeFacts(node))); },
         .onDeleted = [this](const kube::Object& node) { tell(inventory_.removeNode(node.key.name)); },
         .onSynced = [this] { tell({.nodes = true}); }});
    const std::string service = "kubernetes.io/service-name=" + std::string(cluster::kPeerService);
    slices_ = kube::Informer::start(
        loop, client,
        {.resource = kube::kEndpointSlices,
         .selection = {.nameSpace = options.nameSpace, .labelSelector = service}},
        {.onAdded = [this](const kube::Object&) { readSlices(); },
         .onUpdated = [this](const kube::Object&, const kube::Object&) { readSlices(); },
         .onDeleted = [this](const kube::Object&) { readSlices(); },
         .onSynced = [this] { tell({.nodes = true}); }});
  }

  ~Watching() override { loop_.cancel(timer_); }

  const Inventory& inventory() const override { return inventory_; }
  bool synced() const override { return synced_; }

 private:
  // Informers may speak while they are started.
  bool informed() const { return nodes_ && slices_ && nodes_->synced() && slices_->synced(); }

  void readSlices() {
    std::vector<AgentAddress> agents;
    slices_->forEach([&](const kube::Object& slice) {
      for (AgentAddress& agent : agentsIn(slice)) agents.push_back(std::move(agent));
    });
    const auto nodes = byNode(agents);
    poller_->setAgents(nodes);
    tell(inventory_.setAgents(nodes, loop_.now()));
  }

  void onReport(const std::string& node, cluster::Report report) {
    logReturn(node);
    tell(inventory_.report(node, std::move(report), loop_.now()));
  }

  void onFailure(const std::string& node, const std::string& why) {
    const auto& agents = inventory_.agents();
    const auto found = agents.find(node);
    if (found != agents.end() && found->second.failure != why)
      telemetry::warning("an agent does not answer", {{"node", node}, {"error", why}});
    tell(inventory_.failed(node, why, loop_.now()));
  }

  void logReturn(const std::string& node) const {
    const auto found = inventory_.agents().find(node);
    if (found != inventory_.agents().end() && !found->second.failure.empty())
      telemetry::info("an agent answers again", {{"node", node}});
  }

  void tell(const Changes& changes) {
    const bool now = informed() && inventory_.settled();
    const bool first = now && !synced_;
    synced_ = synced_ || now;
    loop_.cancel(timer_);
    timer_ = 0;
    if (const base::Instant next = inventory_.next(); next != base::Instant::never())
      timer_ = loop_.at(next, [this] { tell(inventory_.tick(loop_.now())); });
    if (first || changes.nodes || !changes.workflows.empty()) onChanges_(changes);
  }

  net::EventLoop& loop_;
  std::function<void(const Changes&)> onChanges_;
  Inventory inventory_;
  std::unique_ptr<ReportPoller> poller_;
  std::unique_ptr<kube::Informer> nodes_;
  std::unique_ptr<kube::Informer> slices_;
  base::TimerId timer_ = 0;
  bool synced_ = false;
};

}  // namespace

std::unique_ptr<Watch> Watch::start(net::EventLoop& loop, kube::Client& client, WatchOptions options,
                                    std::function<void(const Changes&)> onChanges) {
  return std::make_unique<Watching>(loop, client, std::move(options), std::move(onChanges));
}

}  // namespace faasbatch::inventory
