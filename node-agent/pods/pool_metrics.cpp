#include "node-agent/pods/pool_metrics.h"

namespace faasbatch::pods {
namespace {

constexpr const char* kStarts = "faasbatch_pod_starts_total";
constexpr const char* kStartsHelp =
    "Pods started for a function (cold), started to be in stock (generic), taken from stock (specialised).";
constexpr const char* kSeconds = "faasbatch_pod_start_seconds";
constexpr const char* kSecondsHelp = "From the moment a function asks for a pod until it takes calls.";

}  // namespace

PoolMetrics::PoolMetrics(telemetry::Registry& registry)
    : coldStarts(registry.counter(kStarts, kStartsHelp, {{"kind", "cold"}})),
      genericStarts(registry.counter(kStarts, kStartsHelp, {{"kind", "generic"}})),
      specialised(registry.counter(kStarts, kStartsHelp, {{"kind", "specialised"}})),
      adopted(registry.counter("faasbatch_pods_adopted_total", "Pods of an earlier agent taken over.")),
      startFailures(registry.counter("faasbatch_pod_start_failures_total", "Pods that did not get ready.")),
      quarantined(
          registry.counter("faasbatch_pods_quarantined_total", "Pods taken out because they misbehaved.")),
      coldSeconds(
          registry.histogram(kSeconds, kSecondsHelp, telemetry::latencyBuckets(), {{"kind", "cold"}})),
      specialisedSeconds(registry.histogram(kSeconds, kSecondsHelp, telemetry::latencyBuckets(),
                                            {{"kind", "specialised"}})) {
  for (std::size_t i = 0; i < kPodStates; ++i) {
    const auto state = static_cast<PodState>(i);
    pods[i] = &registry.gauge("faasbatch_pods", "Pods by state.", {{"state", std::string(name(state))}});
  }
}

}  // namespace faasbatch::pods
