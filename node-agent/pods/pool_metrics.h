// The pool's series.
#pragma once

#include <array>

#include "lib/telemetry/metrics.h"
#include "node-agent/pods/pod_state.h"

namespace faasbatch::pods {

struct PoolMetrics {
  explicit PoolMetrics(telemetry::Registry& registry);

  std::array<telemetry::Gauge*, kPodStates> pods;  // by state; Gone stays zero
  telemetry::Counter& coldStarts;                  // pods started because a function asked
  telemetry::Counter& genericStarts;               // pods started to be in stock
  telemetry::Counter& specialised;                 // pods taken from stock
  telemetry::Counter& adopted;                     // pods of an earlier agent that were taken over
  telemetry::Counter& startFailures;
  telemetry::Counter& quarantined;
  telemetry::Histogram& coldSeconds;         // from asked to ready
  telemetry::Histogram& specialisedSeconds;  // from asked to ready
};

}  // namespace faasbatch::pods
