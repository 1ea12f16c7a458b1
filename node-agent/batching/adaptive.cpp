#include <algorithm>
#include <cmath>

#include "node-agent/batching/policy.h"

namespace faasbatch::batching {
namespace {

// Fills the slots that are free; returns how many calls are left.
std::size_t fill(std::size_t calls, std::span<const PodView> pods, std::uint32_t maxSize,
                 Decision& decision) {
  std::vector<std::uint32_t> running(pods.size());
  for (std::size_t i = 0; i < pods.size(); ++i) running[i] = pods[i].running;
  while (calls > 0) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < pods.size(); ++i) {
      if (!pods[i].ready || running[i] >= pods[i].slots) continue;
      if (!best || running[i] > running[*best] ||
          (running[i] == running[*best] && pods[i].lastUsed > pods[*best].lastUsed)) {
        best = i;
      }
    }
    if (!best) break;
    const std::size_t size = std::min<std::size_t>({calls, pods[*best].slots - running[*best], maxSize});
    decision.batches.push_back({*best, static_cast<std::uint32_t>(size)});
    running[*best] += static_cast<std::uint32_t>(size);
    calls -= size;
  }
  return calls;
}

std::size_t ceilDivide(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Further pods for `excess` calls that no pod there or coming has a slot for. `starved`: no slot got free for
// a window.
std::size_t further(std::size_t excess, std::size_t pods, std::size_t coming, bool starved,
                    const History& history, const Limits& limits) {
  const std::size_t most = ceilDivide(excess, limits.slots);
  std::size_t wanted = pods == 0 ? 1 : 0;
  if (history.meanExec) {
    const auto patience =
        static_cast<double>(std::max({limits.window, history.meanStart, base::Duration(1)}).count());
    const double work =
        static_cast<double>(excess) * static_cast<double>(history.meanExec->count()) / limits.slots;
    if (work > patience * static_cast<double>(std::max<std::size_t>(pods, 1))) {
      wanted = std::max(wanted, static_cast<std::size_t>(std::min(std::ceil(work / patience), 1e9)));
    }
    if (starved) wanted = std::max<std::size_t>(wanted, 1);
  } else if (starved) {
    wanted = most;
  } else if (excess >= limits.maxSize && pods > 0 && coming <= 1) {
    wanted = 1;
  }
  return std::min(wanted, most);
}

}  // namespace

Decision adaptive(const QueueView& queue, std::span<const PodView> pods, const History& history,
                  const Limits& limits, base::Instant now) {
  Decision decision;
  decision.podsWanted = pods.size();
  if (queue.empty()) return decision;
  const std::size_t left = fill(queue.size(), pods, limits.maxSize, decision);
  std::size_t coming = 0;
  std::size_t comingSlots = 0;
  for (const PodView& pod : pods) {
    if (pod.ready) continue;
    ++coming;
    comingSlots += pod.slots;
  }
  if (left <= comingSlots) return decision;
  const std::size_t excess = left - comingSlots;
  const base::Instant stuckSince = std::max(queue[queue.size() - left], history.lastProgress);
  const bool anyReady = coming < pods.size();
  const bool starved = anyReady && now >= stuckSince + limits.window;
  const std::size_t wanted = pods.size() + further(excess, pods.size(), coming, starved, history, limits);
  decision.podsWanted = std::max(pods.size(), std::min<std::size_t>(wanted, limits.maxPods));
  if (anyReady && !starved && decision.podsWanted < limits.maxPods)
    decision.wakeUp = stuckSince + limits.window;
  return decision;
}

}  // namespace faasbatch::batching
