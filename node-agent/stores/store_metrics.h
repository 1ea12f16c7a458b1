// The series every store keeps.
#pragma once

#include <string>

#include "lib/base/time.h"
#include "lib/telemetry/metrics.h"

namespace faasbatch::stores {

enum class Operation { kPut, kGet, kRemove };

// faasbatch_store_operations_total{store,operation,outcome="ok|error"} and
// faasbatch_store_seconds{store,operation}.
class StoreMetrics {
 public:
  StoreMetrics(telemetry::Registry& registry, const std::string& store);
  void count(Operation operation, bool ok, base::Duration took);

 private:
  struct Series {
    telemetry::Counter* ok;
    telemetry::Counter* failed;
    telemetry::Histogram* seconds;
  };
  Series series_[3];
};

}  // namespace faasbatch::stores
