#include <algorithm>

#include "node-agent/batching/policy.h"

namespace faasbatch::batching {
namespace {

// The end of the window that `t` lies in. Windows are counted from the epoch, so that no state is needed.
base::Instant windowEnd(base::Instant t, base::Duration window) {
  const std::int64_t length = std::max<std::int64_t>(1, window.count());
  return {(t.ns / length + 1) * length};
}

// The pod for a batch: an idle one, the one used last; where no pod may be added, the one with most free
// slots.
std::optional<std::size_t> choose(std::span<const PodView> pods, const std::vector<std::uint32_t>& running,
                                  bool onlyIdle) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (!pods[i].ready || running[i] >= pods[i].slots || (onlyIdle && running[i] > 0)) continue;
    const auto rank = [&](std::size_t p) { return std::pair(pods[p].slots - running[p], pods[p].lastUsed); };
    if (!best || (onlyIdle ? pods[i].lastUsed > pods[*best].lastUsed : rank(i) > rank(*best))) best = i;
  }
  return best;
}

void send(std::size_t pod, std::size_t calls, std::uint32_t maxSize, Decision& decision) {
  for (; calls > 0; calls -= std::min<std::size_t>(calls, maxSize)) {
    decision.batches.push_back({pod, static_cast<std::uint32_t>(std::min<std::size_t>(calls, maxSize))});
  }
}

}  // namespace

Decision fixedWindow(const QueueView& queue, std::span<const PodView> pods, const History& /*history*/,
                     const Limits& limits, base::Instant now) {
  Decision decision;
  decision.podsWanted = pods.size();
  std::vector<std::uint32_t> running;
  running.reserve(pods.size());
  for (const PodView& pod : pods) running.push_back(pod.running);
  auto coming = static_cast<std::size_t>(std::ranges::count(pods, false, &PodView::ready));
  bool stuck = false;
  for (std::size_t at = 0; at < queue.size();) {
    const base::Instant end = windowEnd(queue[at], limits.window);
    if (end > now) {
      decision.wakeUp = end;
      decision.holdsBack = !stuck;
      break;
    }
    std::size_t size = 1;
    while (at + size < queue.size() && windowEnd(queue[at + size], limits.window) == end) ++size;
    at += size;
    std::optional<std::size_t> pod;
    if (!stuck) pod = choose(pods, running, true);
    const bool mayAdd = decision.podsWanted < limits.maxPods;
    if (!pod && !stuck && !mayAdd && coming == 0) pod = choose(pods, running, false);
    if (pod) {
      send(*pod, size, limits.maxSize, decision);
      running[*pod] += static_cast<std::uint32_t>(size);
      continue;
    }
    stuck = true;  // later windows do not overtake this one
    if (coming > 0) {
      --coming;
    } else if (mayAdd) {
      ++decision.podsWanted;
    }
  }
  return decision;
}

}  // namespace faasbatch::batching
