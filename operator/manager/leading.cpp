#include "operator/manager/leading.h"

#include "lib/kube/event_recorder.h"
#include "operator/certificates/keeper.h"
#include "operator/controllers/functionworkflow/controller.h"
#include "operator/controllers/networkpolicy/policy_keeper.h"
#include "operator/inventory/watch.h"

namespace faasbatch::manager {
namespace {

constexpr std::string_view kController = "faasbatch.io/operator";

class Works final : public Leading {
 public:
  Works(Parts parts, LeadingOptions options) : parts_(parts), options_(std::move(options)) {
    events_ =
        kube::EventRecorder::make(parts_.loop, parts_.client, std::string(kController), options_.identity);
    keeper_ =
        certificates::Keeper::start(parts_.loop, parts_.client, {options_.nameSpace, options_.dnsNames});
    if (!options_.functionPolicy.empty())
      policies_ = controllers::PolicyKeeper::start(parts_.loop, parts_.client, options_.functionPolicy);
  }

  void trust(std::shared_ptr<net::TlsClientContext> peers) override {
    if (watch_) return;
    watch_ = inventory::Watch::start(
        parts_.loop, parts_.client, {options_.nameSpace, {std::move(peers), options_.peerSecret}},
        [this](const inventory::Changes& changes) { controller_->onInventory(changes); });
    controller_ =
        controllers::Controller::start({.loop = parts_.loop,
                                        .client = parts_.client,
                                        .events = *events_,
                                        .metrics = parts_.metrics,
                                        .inventory = [this]() -> const auto& { return watch_->inventory(); },
                                        .settled = [this] { return watch_->synced(); },
                                        .onWorkflows = [this] { onWorkflows(); }});
  }

  std::optional<admin::View> view() const override {
    if (!watch_) return std::nullopt;
    return admin::View{.forEachWorkflow = [this](const auto& visit) { controller_->forEach(visit); },
                       .inventory = watch_->inventory(),
                       .now = parts_.loop.now()};
  }
  const inventory::Inventory* inventory() const override { return watch_ ? &watch_->inventory() : nullptr; }

 private:
  void onWorkflows() {
    if (auto namespaces = controller_->namespaces(); policies_ && namespaces)
      policies_->setNamespaces(std::move(*namespaces));
  }

  const Parts parts_;
  const LeadingOptions options_;
  std::unique_ptr<kube::EventRecorder> events_;
  std::unique_ptr<certificates::Keeper> keeper_;
  std::unique_ptr<controllers::PolicyKeeper> policies_;
  std::unique_ptr<controllers::Controller> controller_;  // outlives the inventory's news
  std::unique_ptr<inventory::Watch> watch_;
};

}  // namespace

std::unique_ptr<Leading> Leading::start(Parts parts, LeadingOptions options) {
  return std::make_unique<Works>(parts, std::move(options));
}

}  // namespace faasbatch::manager
