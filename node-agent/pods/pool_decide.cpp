#include "node-agent/pods/pool_decide.h"

#include <algorithm>
#include <optional>

namespace faasbatch::pods {
namespace {

// Pods that a function has or will have.
std::vector<std::size_t> countUsable(std::span<const PodFacts> pods, std::size_t functions) {
  std::vector<std::size_t> counts(functions, 0);
  for (const PodFacts& pod : pods) {
    if (pod.function != kNoFunction && pod.current && !isLeaving(pod.state)) ++counts[pod.function];
  }
  return counts;
}

std::optional<std::size_t> genericOf(std::size_t stock, std::span<const PodFacts> pods) {
  if (stock == kNoStock) return std::nullopt;
  std::optional<std::size_t> starting;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods[i].function != kNoFunction || pods[i].stock != stock) continue;
    if (pods[i].state == PodState::kGeneric) return i;
    if (pods[i].state == PodState::kStarting && !starting) starting = i;
  }
  return starting;
}

// The pod to end for another's sake.
std::optional<std::size_t> victim(std::size_t function, std::span<const PodFacts> pods,
                                  std::span<const FunctionFacts> functions) {
  const std::vector<std::size_t> usable = countUsable(pods, functions.size());
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const PodFacts& pod = pods[i];
    const bool generic = pod.state == PodState::kGeneric;
    const bool idle = pod.state == PodState::kWarm && pod.function != function &&
                      usable[pod.function] > functions[pod.function].minWarm;
    if (!generic && !idle) continue;
    const auto rank = [&pods](std::size_t p) {
      return std::pair(pods[p].state == PodState::kGeneric ? 0 : 1, pods[p].lastUsed);
    };
    if (!best || rank(i) < rank(*best)) best = i;
  }
  return best;
}

// The pod with the fewest calls of the function with most pods, two at least.
std::optional<std::size_t> busyVictim(std::span<const PodFacts> pods,
                                      const std::vector<std::size_t>& usable) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods[i].state != PodState::kBusy || pods[i].function == kNoFunction || usable[pods[i].function] < 2)
      continue;
    const auto rank = [&](std::size_t p) {
      return std::pair(usable[pods[p].function], -std::int64_t{pods[p].running});
    };
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best;
}

}  // namespace

Supply supplyFor(std::size_t function, std::span<const PodFacts> pods,
                 std::span<const FunctionFacts> functions, std::size_t agentBound) {
  using Kind = Supply::Kind;
  const std::vector<std::size_t> usable = countUsable(pods, functions.size());
  if (usable[function] >= functions[function].maxPods) return {Kind::kEnough};
  if (const auto generic = genericOf(functions[function].stock, pods)) return {Kind::kSpecialise, *generic};
  if (pods.size() < agentBound) return {Kind::kCreate};
  // A pod that is leaving makes room by itself: one for each that wants it.
  if (std::ranges::any_of(pods, [](const PodFacts& pod) { return isLeaving(pod.state); }))
    return {Kind::kWait};
  if (const auto pod = victim(function, pods, functions)) return {Kind::kMakeRoom, *pod};
  if (usable[function] == 0) {
    if (const auto pod = busyVictim(pods, usable)) return {Kind::kMakeRoom, *pod};
  }
  return {Kind::kWait};
}

Expiry expired(std::span<const PodFacts> pods, std::span<const FunctionFacts> functions, base::Instant now) {
  std::vector<std::size_t> usable = countUsable(pods, functions.size());
  std::vector<std::size_t> idle;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods[i].state == PodState::kWarm && pods[i].function != kNoFunction && pods[i].current)
      idle.push_back(i);
  }
  std::ranges::sort(idle, {}, [&pods](std::size_t i) { return pods[i].lastUsed; });
  Expiry expiry;
  for (const std::size_t i : idle) {
    const FunctionFacts& function = functions[pods[i].function];
    if (usable[pods[i].function] <= function.minWarm) continue;
    const base::Instant end = pods[i].lastUsed + function.idleTimeout;
    if (end > now) {
      expiry.next = std::min(expiry.next, end);
      continue;
    }
    expiry.pods.push_back(i);
    --usable[pods[i].function];
  }
  return expiry;
}

StockPlan planStock(std::span<const PodFacts> pods, std::span<const std::size_t> wanted,
                    std::size_t agentBound) {
  StockPlan plan;
  std::size_t generics = 0;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods[i].function != kNoFunction || isLeaving(pods[i].state)) continue;
    ++generics;
    const bool second = genericOf(pods[i].stock, pods) != i;
    if (second || std::ranges::find(wanted, pods[i].stock) == wanted.end()) plan.end.push_back(i);
  }
  const std::size_t most = std::max<std::size_t>(1, agentBound / 2);
  for (const std::size_t stock : wanted) {
    if (pods.size() + plan.start.size() >= agentBound || generics + plan.start.size() >= most) break;
    const bool awaited = std::ranges::any_of(pods, [stock](const PodFacts& pod) {
      return pod.stock == stock && pod.function != kNoFunction && isComing(pod.state);
    });
    if (!awaited && !genericOf(stock, pods)) plan.start.push_back(stock);
  }
  return plan;
}

std::vector<std::size_t> worthAdopting(std::span<const FoundFacts> found,
                                       std::span<const FunctionFacts> functions,
                                       std::span<const std::size_t> wanted, std::size_t agentBound) {
  std::vector<std::size_t> kept;
  std::vector<std::uint32_t> counts(functions.size(), 0);
  for (std::size_t i = 0; i < found.size() && kept.size() < agentBound; ++i) {
    const std::size_t function = found[i].function;
    if (function == kNoFunction || counts[function] >= functions[function].maxPods) continue;
    ++counts[function];
    kept.push_back(i);
  }
  std::vector<std::size_t> missing(wanted.begin(), wanted.end());
  for (std::size_t i = 0; i < found.size() && kept.size() < agentBound; ++i) {
    if (found[i].function == kNoFunction && std::erase(missing, found[i].stock) > 0) kept.push_back(i);
  }
  return kept;
}

bool misbehaves(const Conduct& conduct) {
  return conduct.recycleAsked || conduct.brokeContract || conduct.overdue ||
         conduct.crashesInARow >= kMaxCrashesInARow;
}

}  // namespace faasbatch::pods
