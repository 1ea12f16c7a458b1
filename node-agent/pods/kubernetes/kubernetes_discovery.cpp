#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/pods/kubernetes/kubernetes_provider_class.h"

namespace faasbatch::pods {
namespace {

constexpr std::size_t kMaxSaid = 512;  // of what a pod says, in the log

}  // namespace

void KubernetesProvider::discover(std::move_only_function<void(std::vector<FoundPod>)> done) {
  discovery_ = Discovery{.found = {}, .asking = 0, .done = std::move(done)};
  if (synced_) {
    post([this] { beginDiscovery(); });
  }
}

void KubernetesProvider::beginDiscovery() {
  std::vector<std::string> names;  // of those that nobody asked for
  for (const auto& [name, entry] : pods_) {
    if (entry.last && entry.life.stage == PodStage::kOver && !entry.removing) names.push_back(name);
  }
  ++discovery_->asking;
  for (const std::string& name : names) {
    const ObservedPod& pod = *find(name)->last;
    if (pod.phase == ObservedPod::Phase::kRunning && !pod.deleting && !pod.address.empty()) {
      askFound(name);
    } else {
      remove(name, kForcedGraceSeconds);
    }
  }
  discovered_ = true;
  finishDiscovery();
}

void KubernetesProvider::askFound(const std::string& name) {
  ++discovery_->asking;
  PodEntry& entry = *find(name);
  entry.asked = true;
  entry.probe = std::make_unique<RuntimeProbe>(
      loop_, endpointOf(entry), loop_.now() + options_.adoptTime,
      [this, name](const base::Result<PodStatus>& status) { onFoundAnswer(name, status); });
}

void KubernetesProvider::onFoundAnswer(const std::string& name, const base::Result<PodStatus>& status) {
  PodEntry& entry = *find(name);
  entry.asked = false;
  post([probe = std::move(entry.probe)] {});  // it is on the stack
  if (auto found = foundPod(entry, status)) {
    discovery_->found.push_back(std::move(*found));
  } else {
    telemetry::info("pod of an earlier agent not adopted",
                    {{"pod", name}, {"why", status ? status->state : status.error().message}});
    remove(name, kForcedGraceSeconds);
  }
  finishDiscovery();
}

// What runs in a pod may say anything: which function it is of is believed only where its object says the
// same.
std::optional<FoundPod> KubernetesProvider::foundPod(const PodEntry& entry,
                                                     const base::Result<PodStatus>& status) const {
  const ObservedPod& pod = *entry.last;
  if (!status || status->recycle || pod.deleting || pod.ended()) return std::nullopt;
  FoundPod found{.name = pod.key.name, .endpoint = endpointOf(entry), .made = pod.made};
  if (status->state == "Ready") {
    if (!mayHaveLoaded(pod, status->function)) {
      telemetry::warning("a pod says that it is of a function that it was not made for",
                         {{"pod", pod.key.describe()}, {"says", status->function.substr(0, kMaxSaid)}});
      return std::nullopt;
    }
    found.function = status->function;
    found.digest = status->digest;
    return found;
  }
  const auto runtime = runtimeNamed(pod.runtime);
  if (status->state != "Generic" || !pod.generic || !runtime) return std::nullopt;
  found.stock = Stock{.nameSpace = pod.key.nameSpace, .runtime = *runtime};
  return found;
}

void KubernetesProvider::finishDiscovery() {
  if (--discovery_->asking > 0) return;
  Discovery ended = std::move(*discovery_);
  discovery_.reset();
  ended.done(std::move(ended.found));
}

void KubernetesProvider::adopt(const std::string& name, std::move_only_function<void(std::string)> gone) {
  PodEntry* entry = find(name);
  if (entry == nullptr || entry->removing) {
    post([gone = std::move(gone)]() mutable { gone("it ended while it was adopted"); });
    return;
  }
  entry->life.stage = PodStage::kReady;
  entry->gone = std::move(gone);
}

}  // namespace faasbatch::pods
