// The pool's part that takes over the pods of an earlier agent.
#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/pods/pool.h"

namespace faasbatch::pods {
namespace {

// For an adopted pod to learn where its store is now.
constexpr base::Duration kStoreMoveTime = std::chrono::seconds(5);

}  // namespace

void Pool::adopt(std::move_only_function<void()> done) {
  provider_.discover([this, alive = alive_, done = std::move(done)](std::vector<FoundPod> found) mutable {
    if (!*alive) return;
    if (!shuttingDown_) onDiscovered(std::move(found));
    done();
  });
}

// Whose pod it is, made as it would be made today.
FunctionPods* Pool::functionOf(const FoundPod& found) {
  for (FunctionPods* function : functions_) {
    const workflow::FunctionSpec& spec = *function->spec;
    if (function->removed || spec.digest != found.digest || function->key.describe() != found.function)
      continue;
    const PodRequest request{.name = {},
                             .nameSpace = function->key.nameSpace,
                             .runtime = spec.runtime,
                             .key = &function->key,
                             .spec = &spec};
    return provider_.makeOf(request) == found.made ? function : nullptr;
  }
  return nullptr;
}

bool Pool::genericToday(const FoundPod& found) const {
  if (!found.function.empty() || !found.stock) return false;
  const PodRequest request{.name = {}, .nameSpace = found.stock->nameSpace, .runtime = found.stock->runtime};
  return provider_.makeOf(request) == found.made;
}

void Pool::onDiscovered(std::vector<FoundPod> found) {
  std::vector<FunctionPods*> owners;
  owners.reserve(found.size());
  for (const FoundPod& pod : found) owners.push_back(functionOf(pod));
  std::vector<FoundFacts> all(found.size());
  const std::vector<FunctionFacts> functions = functionFacts();
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto number = std::ranges::find(functions_, owners[i]) - functions_.begin();
    if (owners[i] != nullptr) all[i].function = static_cast<std::size_t>(number);
    if (genericToday(found[i])) all[i].stock = stockNumber(found[i].stock);
  }
  const std::vector<std::size_t> wanted = options_.genericPods ? wantedStocks() : std::vector<std::size_t>();
  std::vector<bool> kept(found.size(), false);
  for (const std::size_t i : worthAdopting(all, functions, wanted, options_.maxPods)) kept[i] = true;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (kept[i]) {
      takeOver(std::move(found[i]), owners[i], all[i].stock);
    } else {
      provider_.destroy(found[i].name, false);
    }
  }
  telemetry::info("pods adopted", {{"found", found.size()}, {"adopted", pods_.size()}});
  holding_ = false;
  roomChanged();
  for (FunctionPods* function : std::vector(functions_)) keepMinWarm(*function);
  replenishLater(base::Duration(0));
}

void Pool::takeOver(FoundPod found, FunctionPods* function, std::size_t stock) {
  auto made = std::make_unique<Pod>();
  Pod& pod = *made;
  pod.name = std::move(found.name);
  pod.stock = stock;
  pod.createdAt = pod.lastUsed = loop_.now();
  pod.endpoint = std::move(found.endpoint);
  pods_.emplace(pod.name, std::move(made));
  metrics_.pods[static_cast<std::size_t>(pod.state)]->add(1);
  metrics_.adopted.add();
  move(pod, PodEvent::kAnswers);
  if (function != nullptr) {
    pod.function = function;
    function->pods.push_back(&pod);
    pod.digest = function->spec->digest;
    pod.slots = slotsOf(*function->spec);
    pod.assignedAt = pod.createdAt;
    pod.client = std::make_unique<PodClient>(loop_, pod.endpoint, pod.slots);
    pod.client->store(storeBody(function->key, storeOf(pod)), loop_.now() + kStoreMoveTime,
                      [this, name = pod.name](const base::Result<void>& told) {
                        Pod* adopted = find(name);
                        if (!told && adopted != nullptr) brokeContract(*adopted, told.error().message);
                      });
    move(pod, PodEvent::kAssigned);
    move(pod, PodEvent::kLoaded);
    sweepAt(pod.lastUsed + function->spec->pool.idleTimeout);
    listener_.podsChanged(*function);
  } else {
    pod.wasGeneric = true;
  }
  provider_.adopt(pod.name, [this, alive = alive_, name = pod.name](const std::string& reason) {
    if (*alive) onGone(name, reason);
  });
}

}  // namespace faasbatch::pods
