#include "node-agent/cluster/agent_addresses.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "lib/base/mailbox.h"
#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/informer.h"

namespace faasbatch::clusterview {
namespace {

std::string textAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

// An absent condition is to be read as `otherwise`.
bool conditionAt(std::string_view endpoint, std::string_view name, bool otherwise) {
  const auto raw = json::at(endpoint, {"conditions", name});
  return raw ? json::asBool(*raw).value_or(otherwise) : otherwise;
}

std::vector<std::string_view> elementsAt(std::string_view json, std::string_view member) {
  const auto raw = json::at(json, {member});
  auto items = raw ? json::elements(*raw) : base::fail("", "");
  return items ? std::move(*items) : std::vector<std::string_view>();
}

std::uint16_t portIn(std::string_view slice) {
  for (const std::string_view port : elementsAt(slice, "ports")) {
    if (textAt(port, {"name"}) != kPeersPortName) continue;
    const auto number = json::asInt(json::at(port, {"port"}).value_or(""));
    if (number && *number > 0 && *number <= UINT16_MAX) return static_cast<std::uint16_t>(*number);
  }
  return 0;
}

class ApiAddresses final : public AgentAddresses {
 public:
  ApiAddresses(base::Loop& loop, kube::ClientThread& thread, std::string nameSpace, Changed changed)
      : thread_(thread), changed_(std::move(changed)), mailbox_(loop) {
    thread_.post(
        [this, nameSpace = std::move(nameSpace)](kube::Client& client) { watch(client, nameSpace); });
  }
  ~ApiAddresses() override {
    thread_.run([this](kube::Client& /*client*/) { informer_.reset(); });
  }

 private:
  void watch(kube::Client& client, const std::string& nameSpace) {
    kube::InformerOptions options{.resource = kube::kEndpointSlices};
    options.selection.nameSpace = nameSpace;
    options.selection.labelSelector.append("kubernetes.io/service-name=").append(cluster::kPeerService);
    informer_ = kube::Informer::start(
        thread_.loop(), client, std::move(options),
        {.onAdded = [this](const kube::Object& /*slice*/) { tell(); },
         .onUpdated = [this](const kube::Object& /*before*/, const kube::Object& /*slice*/) { tell(); },
         .onDeleted = [this](const kube::Object& /*slice*/) { tell(); },
         .onSynced = [this] { tell(); }});
  }

  void tell() {
    if (informer_ == nullptr || !informer_->synced()) return;
    std::vector<AgentAddress> all;
    informer_->forEach([&all](const kube::Object& slice) {
      for (AgentAddress& address : addressesIn(slice)) all.push_back(std::move(address));
    });
    all = onePerNode(std::move(all));
    if (told_ && *told_ == all) return;
    told_ = all;
    mailbox_.sender()([this, all = std::move(all)]() mutable { changed_(std::move(all)); });
  }

  kube::ClientThread& thread_;
  Changed changed_;                           // called on the owner's loop
  std::unique_ptr<kube::Informer> informer_;  // the thread's, as the next one
  std::optional<std::vector<AgentAddress>> told_;
  const base::Mailbox mailbox_;
};

}  // namespace

std::vector<AgentAddress> addressesIn(const kube::Object& slice) {
  std::vector<AgentAddress> all;
  const std::uint16_t port = portIn(slice.json);
  if (port == 0) return all;
  for (const std::string_view endpoint : elementsAt(slice.json, "endpoints")) {
    const std::vector<std::string_view> hosts = elementsAt(endpoint, "addresses");
    AgentAddress address{.node = textAt(endpoint, {"nodeName"}),
                         .host = hosts.empty() ? "" : json::asString(hosts.front()).value_or(""),
                         .port = port};
    address.ready = conditionAt(endpoint, "ready", true) && !conditionAt(endpoint, "terminating", false);
    if (!address.node.empty() && !address.host.empty()) all.push_back(std::move(address));
  }
  return all;
}

std::vector<AgentAddress> onePerNode(std::vector<AgentAddress> all) {
  std::ranges::sort(all, [](const AgentAddress& a, const AgentAddress& b) {
    return std::tuple(std::string_view(a.node), !a.ready, std::string_view(a.host)) <
           std::tuple(std::string_view(b.node), !b.ready, std::string_view(b.host));
  });
  const auto same = std::ranges::unique(all, {}, &AgentAddress::node);
  all.erase(same.begin(), same.end());
  return all;
}

std::unique_ptr<AgentAddresses> AgentAddresses::start(base::Loop& loop, kube::ClientThread& thread,
                                                      std::string nameSpace, Changed changed) {
  return std::make_unique<ApiAddresses>(loop, thread, std::move(nameSpace), std::move(changed));
}

}  // namespace faasbatch::clusterview
