// Metrics that are read off the operator's state when they are asked for.
#pragma once

#include <cstdint>
#include <map>

#include "lib/telemetry/metrics.h"
#include "operator/inventory/inventory.h"

namespace faasbatch::manager {

class OperatorMetrics {
 public:
  explicit OperatorMetrics(telemetry::Registry& registry);
  // `requests` to the API server since the start; `inventory` is nullptr where there is none.
  void update(bool leading, std::uint64_t requests, const inventory::Inventory* inventory);

 private:
  telemetry::Gauge& leading_;
  telemetry::Counter& requests_;
  std::map<inventory::AgentState, telemetry::Gauge*> agents_;
};

}  // namespace faasbatch::manager
