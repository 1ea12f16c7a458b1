#include <algorithm>
#include <cmath>

#include "node-agent/batching/policy.h"

namespace faasbatch::batching {
namespace {

// Calls that one pod can run one after another within the latency goal.
std::size_t batchSize(const History& history, const Limits& limits) {
  if (!history.meanExec || history.meanExec->count() <= 0) return 1;
  const std::int64_t fit = limits.window.count() / history.meanExec->count();
  return static_cast<std::size_t>(std::clamp<std::int64_t>(fit, 1, limits.maxSize));
}

}  // namespace

Decision kraken(const QueueView& queue, std::span<const PodView> pods, const History& history,
                const Limits& limits, base::Instant now) {
  // One after another in a pod is the same as one call at a time with as many pods as whole batches need.
  Decision decision = none(queue, pods, history, limits, now);
  decision.podsWanted = pods.size();
  if (queue.empty()) return decision;
  std::size_t demand = queue.size();
  for (const PodView& pod : pods) demand += pod.running;
  const double expected = std::clamp(history.callsPerWindow, 0.0, 1e6);
  const double load = std::max(static_cast<double>(demand), expected);
  const auto needed =
      static_cast<std::size_t>(std::ceil(load / static_cast<double>(batchSize(history, limits))));
  decision.podsWanted = std::max(pods.size(), std::min<std::size_t>(needed, limits.maxPods));
  return decision;
}

}  // namespace faasbatch::batching
