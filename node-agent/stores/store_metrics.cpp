#include "node-agent/stores/store_metrics.h"

namespace faasbatch::stores {

StoreMetrics::StoreMetrics(telemetry::Registry& registry, const std::string& store) {
  const char* const names[] = {"put", "get", "remove"};
  for (int i = 0; i < 3; ++i) {
    const auto counter = [&](const char* outcome) {
      return &registry.counter("faasbatch_store_operations_total", "Operations on the stores of outputs",
                               {{"store", store}, {"operation", names[i]}, {"outcome", outcome}});
    };
    series_[i] = {
        counter("ok"), counter("error"),
        &registry.histogram("faasbatch_store_seconds", "Time an operation on a store took",
                            telemetry::latencyBuckets(), {{"store", store}, {"operation", names[i]}})};
  }
}

void StoreMetrics::count(Operation operation, bool ok, base::Duration took) {
  Series& series = series_[static_cast<int>(operation)];
  (ok ? series.ok : series.failed)->add();
  series.seconds->observe(base::toMillis(took) / 1e3);
}

}  // namespace faasbatch::stores
