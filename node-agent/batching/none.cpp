#include <algorithm>
#include <numeric>

#include "node-agent/batching/policy.h"

namespace faasbatch::batching {

Decision none(const QueueView& queue, std::span<const PodView> pods, const History& /*history*/,
              const Limits& limits, base::Instant /*now*/) {
  Decision decision;
  decision.podsWanted = pods.size();
  std::vector<std::size_t> idle;
  std::size_t coming = 0;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (!pods[i].ready) {
      ++coming;
    } else if (pods[i].running == 0) {
      idle.push_back(i);
    }
  }
  std::ranges::sort(idle, std::greater(), [&pods](std::size_t i) { return pods[i].lastUsed; });
  const std::size_t leaving = std::min(queue.size(), idle.size());
  for (std::size_t i = 0; i < leaving; ++i) decision.batches.push_back({idle[i], 1});
  const std::size_t left = queue.size() - leaving;
  if (left > coming) {
    decision.podsWanted =
        std::max(pods.size(), std::min<std::size_t>(limits.maxPods, pods.size() + left - coming));
  }
  return decision;
}

}  // namespace faasbatch::batching
