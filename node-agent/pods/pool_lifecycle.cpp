// The pool's part that brings pods up and down.
#include <algorithm>
#include <utility>

#include "lib/base/ids.h"
#include "lib/telemetry/log.h"
#include "node-agent/pods/pool.h"

namespace faasbatch::pods {

void Pool::create(FunctionPods* function, std::size_t stock) {
  auto made = std::make_unique<Pod>();
  Pod& pod = *made;
  pod.stock = stock;
  pod.createdAt = loop_.now();
  PodRequest request;
  if (function != nullptr) {
    metrics_.coldStarts.add();
    pod.function = function;
    pod.assignedAt = pod.createdAt;
    pod.digest = function->spec->digest;
    function->pods.push_back(&pod);
    request.nameSpace = function->key.nameSpace;
    request.runtime = function->spec->runtime;
    request.key = &function->key;
    request.spec = function->spec.get();
  } else {
    metrics_.genericStarts.add();
    request.nameSpace = stocks_[stock].nameSpace;
    request.runtime = stocks_[stock].runtime;
    pod.wasGeneric = true;
  }
  pod.name = request.name = base::newName(provider_.namePrefix(request));
  pods_.emplace(pod.name, std::move(made));
  metrics_.pods[static_cast<std::size_t>(pod.state)]->add(1);
  loop_.after(options_.podStartTime, [this, alive = alive_, name = pod.name] {
    if (!*alive) return;
    Pod* late = find(name);
    if (late != nullptr && late->state == PodState::kStarting) end(*late, true);
  });
  provider_.create(
      request,
      [this, alive = alive_, name = pod.name](base::Result<PodEndpoint> result) {
        if (*alive) onReady(name, std::move(result));
      },
      [this, alive = alive_, name = pod.name](const std::string& reason) {
        if (*alive) onGone(name, reason);
      });
}

void Pool::assign(Pod& pod, FunctionPods& function) {
  metrics_.specialised.add();
  pod.function = &function;
  pod.digest = function.spec->digest;
  pod.assignedAt = loop_.now();
  function.pods.push_back(&pod);
  if (pod.state == PodState::kGeneric) specialise(pod);
}

void Pool::specialise(Pod& pod) {
  move(pod, PodEvent::kAssigned);
  FunctionPods& function = *pod.function;
  pod.digest = function.spec->digest;
  pod.slots = slotsOf(*function.spec);
  options_.sources->resolve(
      function.key, *function.spec,
      [this, alive = alive_, name = pod.name](base::Result<sources::SourceJson> source) {
        if (*alive) onSource(name, std::move(source));
      });
}

// The pod may be leaving, or have gone, while its code was on its way.
void Pool::onSource(const std::string& name, base::Result<sources::SourceJson> source) {
  Pod* found = find(name);
  if (found == nullptr || found->state != PodState::kSpecialising) return;
  Pod& pod = *found;
  FunctionPods& function = *pod.function;
  if (!source) {
    end(pod, true);
    remove(pod);
    startFailed(function, {.type = source.error().kind, .message = source.error().message});
    replenishLater(kReplenishDelay);
    roomChanged();
    return;
  }
  pod.client = std::make_unique<PodClient>(loop_, pod.endpoint, pod.slots);
  const base::Duration atMost = options_.loadTimes.of(*function.spec) + options_.loadTimes.grace;
  pod.client->init(initBody(function.key, *function.spec, **source, storeOf(pod), options_.loadTimes),
                   loop_.now() + atMost,
                   [this, name = pod.name](std::expected<void, calls::CallError> result) {
                     onLoaded(name, std::move(result));
                   });
}

StoreAddress Pool::storeOf(const Pod& pod) const {
  StoreAddress store = options_.store;
  if (options_.storeToken) store.token = options_.storeToken(pod.name, pod.function->key);
  return store;
}

std::optional<bool> Pool::servesStore(const std::string& pod, std::string_view prefix) const {
  if (holding_) return std::nullopt;
  const auto found = pods_.find(pod);
  if (found == pods_.end() || found->second->function == nullptr) return false;
  return storePrefix(found->second->function->key) == prefix;
}

void Pool::onReady(const std::string& name, base::Result<PodEndpoint> result) {
  Pod* pod = find(name);
  if (pod == nullptr) return;
  if (result) {
    pod->endpoint = std::move(*result);
    if (isLeaving(pod->state)) {
      end(*pod, true);
      return;
    }
    genericFailures_ = 0;
    move(*pod, PodEvent::kAnswers);
    pod->lastUsed = loop_.now();
    if (pod->function != nullptr) {
      specialise(*pod);
    } else {
      roomChanged();
    }
    return;
  }
  FunctionPods* function = pod->function;
  const bool leaving = isLeaving(pod->state);
  remove(*pod);
  if (result.error().kind == "NodeFull" && !pods_.empty()) {
    nodeHolds_ = pods_.size();
    nodeFullUntil_ = loop_.now() + kNodeFullFor;
    loop_.after(kNodeFullFor, [this, alive = alive_] {
      if (*alive) roomChanged();
    });
  }
  if (!leaving) {
    metrics_.startFailures.add();
    telemetry::warning("pod did not start", {{"pod", name}, {"why", result.error().message}});
  }
  if (function == nullptr) {
    genericFailures_ = std::min(genericFailures_ + 1, 6U);
    replenishLater(std::min(kMaxStartBackoff, kStartBackoff * (1U << genericFailures_)));
  } else if (!leaving) {
    startLost(*function, {.type = result.error().kind,
                          .message = result.error().message,
                          .traceback = {},
                          .blameless = result.error().kind != "LoadFailed"});
  } else {
    listener_.podsChanged(*function);
  }
  roomChanged();
}

void Pool::onLoaded(const std::string& name, std::expected<void, calls::CallError> result) {
  Pod* pod = find(name);
  if (pod == nullptr) return;
  FunctionPods& function = *pod->function;
  if (!result) {
    const bool leaving = isLeaving(pod->state);
    metrics_.startFailures.add();
    end(*pod, true);
    remove(*pod);
    if (leaving) {
      listener_.podsChanged(function);
    } else if (result.error().type == "LoadFailed") {
      startFailed(function, std::move(result.error()));
    } else {
      if (result.error().unexplained) askForEnd(name, function);
      startLost(function, result.error());
    }
    replenishLater(kReplenishDelay);
    roomChanged();
    return;
  }
  if (isLeaving(pod->state)) {
    end(*pod, true);
    return;
  }
  move(*pod, PodEvent::kLoaded);
  pod->lastUsed = loop_.now();
  function.lossesInARow = 0;
  function.failure.reset();
  function.lastLoss.clear();
  function.lastEnd.clear();
  if (pod->wasGeneric) provider_.specialised(pod->name, function.key, *function.spec);
  const base::Duration took = pod->lastUsed - pod->assignedAt;
  (pod->wasGeneric ? metrics_.specialisedSeconds : metrics_.coldSeconds).observe(base::toMillis(took) / 1e3);
  sweepAt(pod->lastUsed + function.spec->pool.idleTimeout);
  replenishLater(kReplenishDelay);
  listener_.podStarted(function, took);
  listener_.podsChanged(function);
}

void Pool::onLeaving(const std::string& name, const std::string& reason) {
  Pod* pod = find(name);
  if (pod == nullptr || isLeaving(pod->state)) return;
  FunctionPods* function = pod->function;
  telemetry::warning("pod is ended by somebody else",
                     {{"pod", name},
                      {"function", function != nullptr ? function->key.describe() : ""},
                      {"why", reason},
                      {"running", pod->running}});
  leave(*pod);
  replenishLater(kReplenishDelay);
  if (function == nullptr) return;
  listener_.podsChanged(*function);
  keepMinWarm(*function);
}

void Pool::onGone(const std::string& name, const std::string& reason) {
  Pod* pod = find(name);
  if (pod == nullptr) return;
  FunctionPods* function = pod->function;
  const bool wasComing = isComing(pod->state);
  const bool expectedEnd = pod->ending || shuttingDown_;
  if (!expectedEnd) {
    telemetry::warning("pod lost", {{"pod", name},
                                    {"function", function ? function->key.describe() : ""},
                                    {"why", reason},
                                    {"running", pod->running}});
  }
  move(*pod, PodEvent::kGone);
  if (pod->client) pod->client->abandon({"PodLost", "pod " + name + " ended: " + reason});
  remove(*pod);
  if (function == nullptr) {
    if (!expectedEnd) genericFailures_ = std::min(genericFailures_ + 1, 6U);
    replenishLater(expectedEnd ? kReplenishDelay
                               : std::min(kMaxStartBackoff, kStartBackoff * genericFailures_));
  } else if (wasComing) {
    startLost(*function, {.type = "PodLost",
                          .message = "pod " + name + " ended while it loaded the function: " + reason,
                          .traceback = {},
                          .blameless = true});
  } else {
    listener_.podsChanged(*function);
    keepMinWarm(*function);
  }
  roomChanged();
}

// Whether a pod that is not the function's own may go, now or when its calls have ended.
bool Pool::roomMayCome(const FunctionPods& function) const {
  return std::ranges::any_of(pods_, [&](const auto& entry) { return entry.second->function != &function; });
}

void Pool::startLost(FunctionPods& function, calls::CallError error) {
  function.lastLoss = error.message;
  if (error.type == "NodeFull") {
    if (roomMayCome(function)) {
      listener_.podsChanged(function);
      keepMinWarm(function);
      return;
    }
    error.type = "NoCapacity";
  }
  const bool hopeless = error.type == "LoadFailed" || error.type == "NoCapacity";
  if (hopeless || ++function.lossesInARow >= kMaxLossesInARow) {
    function.lossesInARow = 0;
    error.message = withEnd(std::move(error.message), function.lastEnd);
    startFailed(function, std::move(error));
    return;
  }
  listener_.podsChanged(function);
  keepMinWarm(function);
}

// Nobody waits for it: the next pod starts meanwhile.
void Pool::askForEnd(const std::string& pod, const FunctionPods& function) {
  provider_.whyEnded(pod, [this, alive = alive_, key = function.key](std::string why) {
    if (!*alive || why.empty()) return;
    const auto found = std::ranges::find(functions_, key, &FunctionPods::key);
    if (found != functions_.end() && !(*found)->lastLoss.empty()) (*found)->lastEnd = std::move(why);
  });
}

void Pool::startFailed(FunctionPods& function, calls::CallError error) {
  const std::uint32_t times = function.failure ? function.failure->times + 1 : 1;
  telemetry::warning("function cannot start", {{"function", function.key.describe()},
                                               {"error", error.type},
                                               {"why", error.message},
                                               {"times", times}});
  const base::Instant now = loop_.now();
  function.failure = StartFailure{.error = std::move(error), .until = now + kStartBackoff, .times = times};
  if (!function.removed && function.spec->pool.minWarm > 0) {
    sweepAt(now + std::min(kMaxStartBackoff, kStartBackoff * (1U << std::min(times, 6U))));
  }
  const bool hasPods = std::ranges::any_of(
      function.pods, [](const Pod* pod) { return isReady(pod->state) || isComing(pod->state); });
  if (hasPods) {
    listener_.podsChanged(function);
  } else {
    listener_.startFailed(function);
  }
}

void Pool::leave(Pod& pod) {
  if (isLeaving(pod.state) || pod.state == PodState::kGone) return;
  const bool answers = pod.state != PodState::kStarting;
  move(pod, PodEvent::kDrain);
  if (pod.running == 0) end(pod, !answers);
}

void Pool::end(Pod& pod, bool force) {
  pod.ending = true;
  provider_.destroy(pod.name, force);
}

void Pool::remove(Pod& pod) {
  move(pod, PodEvent::kGone);
  if (pod.function != nullptr) std::erase(pod.function->pods, &pod);
  const auto found = pods_.find(pod.name);
  if (found == pods_.end()) return;
  graveyard_.push_back(std::move(found->second));
  pods_.erase(found);
  if (graveyard_.size() > 1) return;
  loop_.post([this, alive = alive_] {
    if (*alive) graveyard_.clear();
  });
}

}  // namespace faasbatch::pods
