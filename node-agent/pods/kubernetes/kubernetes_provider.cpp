#include "node-agent/pods/kubernetes/kubernetes_provider.h"

#include <algorithm>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/telemetry/log.h"
#include "node-agent/pods/kubernetes/kubernetes_provider_class.h"

namespace faasbatch::pods {

KubernetesProvider::KubernetesProvider(net::EventLoop& loop, PodApi& api, KubernetesOptions options,
                                       OwnerOf ownerOf)
    : loop_(loop), api_(api), options_(std::move(options)), ownerOf_(std::move(ownerOf)) {
  api_.watch({.onSeen =
                  [this, alive = alive_](ObservedPod pod) {
                    if (*alive) onSeenPod(std::move(pod));
                  },
              .onDeleted =
                  [this, alive = alive_](const ObservedPod& pod) {
                    if (*alive) onDeletedPod(pod);
                  },
              .onSynced =
                  [this, alive = alive_] {
                    if (!*alive) return;
                    synced_ = true;
                    if (discovery_) beginDiscovery();
                  }});
}

std::optional<Stock> KubernetesProvider::stockFor(const calls::FunctionKey& key,
                                                  const workflow::FunctionSpec& spec) const {
  if (!needsOwnPod(spec).empty()) return std::nullopt;
  return Stock{.nameSpace = key.nameSpace, .runtime = spec.runtime};
}

PodEntry* KubernetesProvider::find(const std::string& name) {
  const auto found = pods_.find(name);
  return found == pods_.end() ? nullptr : &found->second;
}

void KubernetesProvider::post(std::move_only_function<void()> task) {
  loop_.post([alive = alive_, task = std::move(task)]() mutable {
    if (*alive) task();
  });
}

void KubernetesProvider::refuse(std::move_only_function<void(base::Result<PodEndpoint>)> ready,
                                base::Error error) {
  post([ready = std::move(ready), error = std::move(error)]() mutable {
    ready(std::unexpected(std::move(error)));
  });
}

void KubernetesProvider::create(const PodRequest& request,
                                std::move_only_function<void(base::Result<PodEndpoint>)> ready,
                                std::move_only_function<void(std::string)> gone) {
  if (shuttingDown_) return refuse(std::move(ready), {"NoCapacity", "the agent is shutting down"});
  const auto owner = ownerOf_(request);
  if (!owner && request.key != nullptr) {
    return refuse(std::move(ready), {"LoadFailed", "function " + request.key->describe() +
                                                       ": its FunctionWorkflow has been deleted"});
  }
  if (!owner) {
    return refuse(std::move(ready), {"NoCapacity", "the API server has not said yet what node " +
                                                       options_.settings.node + " is"});
  }
  PodEntry& entry = pods_[request.name];
  entry.key = {request.nameSpace, request.name};
  entry.ready = std::move(ready);
  entry.gone = std::move(gone);
  entry.madeAt = loop_.now();
  entry.manifest = podManifest(options_.settings, request, *owner,
                               crypto::sha256Hex(podToken(options_.secret, entry.key)));
  sendCreate(request.name);
  lookForWarnings(request.name);
}

// What keeps a pod from coming up is often said in events only. Until it is up, or is given up.
void KubernetesProvider::lookForWarnings(const std::string& name) {
  loop_.after(options_.warningEvery, [this, alive = alive_, name] {
    PodEntry* entry = *alive ? find(name) : nullptr;
    if (entry == nullptr || entry->life.stage > PodStage::kMade) return;
    if (entry->life.stage == PodStage::kAsked) return lookForWarnings(name);
    api_.lastWarning(entry->key, [this, alive, name](std::string warning) {
      PodEntry* warned = *alive ? find(name) : nullptr;
      if (warned == nullptr) return;
      const bool lasts = loop_.now() - warned->madeAt >= options_.stuckAfter;
      act(name, onWarned(warned->life, warned->key, std::move(warning), lasts));
      lookForWarnings(name);
    });
  });
}

void KubernetesProvider::sendCreate(const std::string& name) {
  PodEntry* entry = find(name);
  if (entry == nullptr || entry->life.stage != PodStage::kAsked) return;
  api_.create(entry->key.nameSpace, entry->manifest, [this, alive = alive_, name](kube::Result<void> result) {
    if (!*alive) return;
    PodEntry* made = find(name);
    if (made == nullptr) return;
    if (made->removing) return sendRemove(name);  // it was given up meanwhile
    PodStep step = result ? onCreated(made->life) : onCreateFailed(made->life, result.error());
    if (step.kind != PodStep::Kind::kFailed) return act(name, std::move(step));
    fail(*made, std::move(step.error));
    pods_.erase(name);
  });
}

// Names of our pods are random: one that has the name of another in another namespace was made to.
bool KubernetesProvider::isImpostor(const PodEntry& entry, const ObservedPod& pod) {
  if (pod.key == entry.key) return false;
  telemetry::warning("a pod has the name of another namespace's function pod and is ignored",
                     {{"pod", pod.key.describe()}, {"other", entry.key.describe()}});
  return true;
}

void KubernetesProvider::onSeenPod(ObservedPod pod) {
  const std::string name = pod.key.name;
  PodEntry* entry = find(name);
  if (entry == nullptr) {
    PodEntry& stranger = pods_[name];
    stranger.key = pod.key;
    stranger.life.stage = PodStage::kOver;
    stranger.last = std::move(pod);
    if (discovered_) remove(name, options_.settings.graceSeconds);
    return;
  }
  if (isImpostor(*entry, pod)) return;
  entry->last = std::move(pod);
  if (const std::string why = whyEndedByItself(*entry->last); !why.empty()) answerWhy(*entry, why);
  act(name, onSeen(entry->life, *entry->last));
}

void KubernetesProvider::onDeletedPod(const ObservedPod& pod) {
  PodEntry* entry = find(pod.key.name);
  if (entry == nullptr || isImpostor(*entry, pod)) return;
  entry->removing = true;
  entry->graceSeconds = 0;  // and done: nothing is left to ask for
  act(pod.key.name, onDeleted(entry->life, pod));
  loop_.cancel(entry->timer);
  const bool asked = entry->asked;
  answerWhy(*entry, whyEndedByItself(pod));
  pods_.erase(pod.key.name);
  if (asked) finishDiscovery();
}

void KubernetesProvider::act(const std::string& name, PodStep step) {
  PodEntry* entry = find(name);
  if (entry == nullptr) return;
  switch (step.kind) {
    case PodStep::Kind::kNothing:
      return;
    case PodStep::Kind::kAsk:
      return ask(name);
    case PodStep::Kind::kRetry:
      telemetry::warning("the API server did not make a pod; asking again",
                         {{"pod", name}, {"why", step.error.message}});
      return again(*entry, &KubernetesProvider::sendCreate);
    case PodStep::Kind::kFailed:
      fail(*entry, std::move(step.error));
      return remove(name, kForcedGraceSeconds);
    case PodStep::Kind::kLeaving:
      if (leaving_) leaving_(name, step.why);
      return;
    case PodStep::Kind::kGone: {
      auto gone = std::exchange(entry->gone, nullptr);
      remove(name, kForcedGraceSeconds);
      if (gone) gone(std::move(step.why));
      return;
    }
  }
}

void KubernetesProvider::again(PodEntry& entry, void (KubernetesProvider::*attempt)(const std::string&)) {
  loop_.cancel(entry.timer);
  entry.timer = loop_.after(entry.retry, [this, alive = alive_, attempt, name = entry.key.name] {
    if (*alive) (this->*attempt)(name);
  });
  entry.retry = std::min(entry.retry * 2, options_.retryMax);
}

void KubernetesProvider::fail(PodEntry& entry, base::Error error) {
  entry.probe.reset();
  if (entry.ready) refuse(std::exchange(entry.ready, nullptr), std::move(error));
}

void KubernetesProvider::whyEnded(const std::string& name, std::move_only_function<void(std::string)> done) {
  PodEntry* entry = find(name);
  if (entry == nullptr || !entry->last) return done({});
  if (std::string why = whyEndedByItself(*entry->last); !why.empty()) return done(std::move(why));
  entry->whyAsked.push_back(std::move(done));
  if (entry->whyAsked.size() > 1) return;  // the first one's time is everyone's
  loop_.after(options_.whyTime, [this, alive = alive_, name] {
    PodEntry* late = *alive ? find(name) : nullptr;
    if (late != nullptr) answerWhy(*late, {});
  });
}

void KubernetesProvider::answerWhy(PodEntry& entry, const std::string& why) {
  for (auto& done : std::exchange(entry.whyAsked, {})) done(why);
}

PodEndpoint KubernetesProvider::endpointOf(const PodEntry& entry) const {
  return {.endpoint = {.kind = net::Endpoint::Kind::kTcp,
                       .host = entry.last ? entry.last->address : "",
                       .port = options_.settings.port,
                       .path = {}},
          .token = podToken(options_.secret, entry.key)};
}

void KubernetesProvider::ask(const std::string& name) {
  PodEntry& entry = *find(name);
  // No end of its own: whoever asked for the pod gives it up.
  entry.probe = std::make_unique<RuntimeProbe>(
      loop_, endpointOf(entry), base::Instant::never(),
      [this, name](base::Result<PodStatus> status) { onAnswer(name, std::move(status)); });
}

void KubernetesProvider::onAnswer(const std::string& name, base::Result<PodStatus> status) {
  PodEntry* entry = find(name);
  if (entry == nullptr) return;
  post([probe = std::move(entry->probe)] {});  // it is on the stack
  if (!status) {
    entry->life.stage = PodStage::kOver;
    fail(*entry, {"LoadFailed", "pod " + entry->key.describe() + ": " + status.error().message});
    return remove(name, kForcedGraceSeconds);
  }
  if (!onAnswers(entry->life)) return;
  auto ready = std::exchange(entry->ready, nullptr);
  ready(endpointOf(*entry));
}

void KubernetesProvider::specialised(const std::string& name, const calls::FunctionKey& key,
                                     const workflow::FunctionSpec& spec) {
  const PodEntry* entry = find(name);
  if (entry == nullptr) return;
  api_.patch(entry->key, specialisedPatch(key, spec), [name](const kube::Result<void>& result) {
    if (!result) telemetry::warning("pod not labelled", {{"pod", name}, {"why", result.error().message}});
  });
}

void KubernetesProvider::destroy(const std::string& name, bool force) {
  PodEntry* entry = find(name);
  if (entry == nullptr || shuttingDown_) return;
  entry->life.endAsked = true;
  if (!entry->ready) return remove(name, force ? kForcedGraceSeconds : options_.settings.graceSeconds);
  entry->life.stage = PodStage::kOver;
  entry->probe.reset();
  std::string message = "pod " + entry->key.describe() + " was given up before it was ready";
  if (entry->last && entry->last->waiting) message += ": " + entry->last->waiting->reason;
  api_.lastWarning(entry->key, [ready = std::exchange(entry->ready, nullptr),
                                message = std::move(message)](const std::string& warning) mutable {
    if (!warning.empty()) message += ": " + warning;
    ready(base::fail("PodLost", std::move(message)));
  });
  remove(name, kForcedGraceSeconds);
}

// A pod is removed until the API server says that it is no more.
void KubernetesProvider::remove(const std::string& name, std::uint32_t graceSeconds) {
  PodEntry* entry = find(name);
  if (entry == nullptr || (entry->removing && graceSeconds >= entry->graceSeconds)) return;
  const bool asked = entry->life.stage == PodStage::kAsked;
  entry->life.endAsked = true;
  entry->removing = true;
  entry->graceSeconds = graceSeconds;
  entry->retry = kFirstRetry;
  if (!asked) sendRemove(name);  // otherwise once it is known whether it was made
}

void KubernetesProvider::sendRemove(const std::string& name) {
  PodEntry* entry = find(name);
  if (entry == nullptr || shuttingDown_) return;
  api_.remove(entry->key, entry->graceSeconds, [this, alive = alive_, name](kube::Result<void> result) {
    if (!*alive || result) return;
    PodEntry* left = find(name);
    if (left == nullptr) return;
    if (result.error().reason == "NotFound") {
      if (!left->last) pods_.erase(name);  // otherwise its deletion is on its way
      return;
    }
    telemetry::warning("pod not deleted; trying again", {{"pod", name}, {"why", result.error().message}});
    again(*left, &KubernetesProvider::sendRemove);
  });
}

void KubernetesProvider::shutdown(std::move_only_function<void()> done) {
  shuttingDown_ = true;
  for (auto& [name, entry] : pods_) entry.probe.reset();
  post(std::move(done));
}

std::string podToken(const std::string& secret, const kube::ObjectKey& pod) {
  return crypto::hmacSha256Hex(secret, pod.nameSpace + "/" + pod.name);
}

std::unique_ptr<Provider> makeKubernetesProvider(net::EventLoop& loop, PodApi& api, KubernetesOptions options,
                                                 OwnerOf ownerOf) {
  return std::make_unique<KubernetesProvider>(loop, api, std::move(options), std::move(ownerOf));
}

}  // namespace faasbatch::pods
