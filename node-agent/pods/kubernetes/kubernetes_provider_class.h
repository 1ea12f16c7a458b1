// The provider's class, for its own sources: kubernetes_provider.cpp has the lives of pods,
// kubernetes_discovery.cpp the taking over of those that an earlier agent left. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "node-agent/pods/kubernetes/kubernetes_provider.h"
#include "node-agent/pods/kubernetes/own_pod.h"
#include "node-agent/pods/kubernetes/pod_life.h"
#include "node-agent/pods/runtime_probe.h"

namespace faasbatch::pods {

inline constexpr base::Duration kFirstRetry = std::chrono::milliseconds(250);
inline constexpr std::uint32_t kForcedGraceSeconds = 1;

// From the request for a pod, or its discovery, until the API server says that it is no more.
struct PodEntry {
  kube::ObjectKey key;
  PodLife life;
  std::string manifest;                                            // until it is made
  std::move_only_function<void(base::Result<PodEndpoint>)> ready;  // empty once told
  std::move_only_function<void(std::string)> gone;
  std::optional<ObservedPod> last;
  std::unique_ptr<RuntimeProbe> probe;
  base::Duration retry = kFirstRetry;
  base::TimerId timer = 0;         // of the next attempt to make or to delete it
  base::Instant madeAt;            // when the first request to make it was sent
  std::uint32_t graceSeconds = 0;  // of its removal
  std::vector<std::move_only_function<void(std::string)>> whyAsked;  // see Provider::whyEnded()
  bool removing = false;
  bool asked = false;  // what it is, as it was found
};

class KubernetesProvider final : public Provider {
 public:
  KubernetesProvider(net::EventLoop& loop, PodApi& api, KubernetesOptions options, OwnerOf ownerOf);
  ~KubernetesProvider() override { *alive_ = false; }

  std::optional<Stock> stockFor(const calls::FunctionKey& key,
                                const workflow::FunctionSpec& spec) const override;
  std::string makeOf(const PodRequest& request) const override {
    return templateHash(options_.settings, request);
  }
  std::string namePrefix(const PodRequest& request) const override { return podNamePrefix(request); }
  std::string waitsFor(const std::string& name) const override {
    const auto found = pods_.find(name);
    if (found == pods_.end()) return {};
    const ObservedPod* const last = found->second.last ? &*found->second.last : nullptr;
    return podWaitsFor(found->second.life, last);
  }
  void whyEnded(const std::string& name, std::move_only_function<void(std::string)> done) override;
  void onLeaving(std::function<void(const std::string&, const std::string&)> handler) override {
    leaving_ = std::move(handler);
  }
  void create(const PodRequest& request, std::move_only_function<void(base::Result<PodEndpoint>)> ready,
              std::move_only_function<void(std::string)> gone) override;
  void discover(std::move_only_function<void(std::vector<FoundPod>)> done) override;
  void adopt(const std::string& name, std::move_only_function<void(std::string)> gone) override;
  void specialised(const std::string& name, const calls::FunctionKey& key,
                   const workflow::FunctionSpec& spec) override;
  void destroy(const std::string& name, bool force) override;
  void shutdown(std::move_only_function<void()> done) override;

 private:
  // The pods of an earlier agent that are being asked what they are.
  struct Discovery {
    std::vector<FoundPod> found;
    std::size_t asking = 0;
    std::move_only_function<void(std::vector<FoundPod>)> done;
  };

  PodEntry* find(const std::string& name);
  void post(std::move_only_function<void()> task);
  void refuse(std::move_only_function<void(base::Result<PodEndpoint>)> ready, base::Error error);
  void sendCreate(const std::string& name);
  void onSeenPod(ObservedPod pod);
  void onDeletedPod(const ObservedPod& pod);
  static bool isImpostor(const PodEntry& entry, const ObservedPod& pod);
  void act(const std::string& name, PodStep step);
  void again(PodEntry& entry, void (KubernetesProvider::*attempt)(const std::string&));
  void ask(const std::string& name);
  void onAnswer(const std::string& name, base::Result<PodStatus> status);
  void lookForWarnings(const std::string& name);
  void fail(PodEntry& entry, base::Error error);
  static void answerWhy(PodEntry& entry, const std::string& why);
  void remove(const std::string& name, std::uint32_t graceSeconds);
  void sendRemove(const std::string& name);
  PodEndpoint endpointOf(const PodEntry& entry) const;
  void beginDiscovery();
  void askFound(const std::string& name);
  void onFoundAnswer(const std::string& name, const base::Result<PodStatus>& status);
  std::optional<FoundPod> foundPod(const PodEntry& entry, const base::Result<PodStatus>& status) const;
  void finishDiscovery();

  net::EventLoop& loop_;
  PodApi& api_;
  KubernetesOptions options_;
  OwnerOf ownerOf_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unordered_map<std::string, PodEntry> pods_;
  std::function<void(const std::string&, const std::string&)> leaving_;
  std::optional<Discovery> discovery_;
  bool synced_ = false;
  bool discovered_ = false;  // from then on, pods that nobody asked for are deleted
  bool shuttingDown_ = false;
};

}  // namespace faasbatch::pods
