#include "node-agent/batching/alone.h"

#include <algorithm>
#include <cmath>

namespace faasbatch::batching {
namespace {

// How many pods `calls` are worth, one after another in each: as many as work them off in the time that a pod
// takes to start. None where nothing is known of run times.
std::size_t worth(std::size_t calls, const History& history) {
  if (!history.meanExec) return 0;
  const auto patience = static_cast<double>(std::max(history.meanStart, base::Duration(1)).count());
  const double work = static_cast<double>(calls) * static_cast<double>(history.meanExec->count());
  return static_cast<std::size_t>(std::min(std::ceil(work / patience), static_cast<double>(calls)));
}

}  // namespace

PodView occupied(PodView pod) {
  pod.running = std::max(pod.running, 1U);
  pod.slots = pod.running;
  return pod;
}

AloneDecision decideAlone(std::size_t waiting, std::size_t others, std::span<const SharedPod> pods,
                          const History& history, const Limits& limits, bool mayAdd) {
  AloneDecision decision;
  decision.podsWanted = pods.size();
  if (waiting == 0) return decision;
  std::size_t coming = 0;
  std::size_t running = 0;               // alone calls
  std::optional<std::size_t> leastBusy;  // of those that others share
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const SharedPod& pod = pods[i];
    if (!pod.ready) {
      ++coming;
    } else if (pod.running > 0 && pod.alone) {
      ++running;
    } else if (pod.running > 0) {
      if (!leastBusy || pod.running < pods[*leastBusy].running) leastBusy = i;
    } else if (decision.pods.size() + decision.spare.size() < waiting) {
      (pod.alone && others > 0 ? decision.spare : decision.pods).push_back(i);
    }
  }
  const std::size_t left = waiting - decision.pods.size() - decision.spare.size();
  if (left <= coming) return decision;
  const bool stuck = coming + running + decision.pods.size() + decision.spare.size() == 0;
  if (mayAdd && pods.size() < limits.maxPods) {
    std::size_t wanted = std::max(pods.size(), worth(left + running, history));
    if (stuck || (!history.meanExec && coming == 0)) wanted = std::max(wanted, pods.size() + 1);
    decision.podsWanted = std::min<std::size_t>(wanted, limits.maxPods);
  } else if (stuck) {
    decision.held = leastBusy;
  }
  return decision;
}

}  // namespace faasbatch::batching
