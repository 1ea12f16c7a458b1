// The series of one function, all at zero from the moment it is known.
#pragma once

#include <string_view>

#include "lib/telemetry/metrics.h"
#include "node-agent/calls/call.h"

namespace faasbatch::batching {

enum class Outcome { kSucceeded, kFailed, kTimeout, kCancelled, kPodLost, kWorkerCrashed, kLoadFailed };
inline constexpr std::size_t kOutcomes = 7;

Outcome outcomeOf(const calls::CallResult& result);

class FunctionMetrics {
 public:
  FunctionMetrics(telemetry::Registry& registry, const calls::FunctionKey& key);

  void queueLength(std::size_t calls) { queueLength_.set(static_cast<std::int64_t>(calls)); }
  void batchSent(std::uint32_t size);
  void ended(const calls::CallResult& result);
  void refused() { refused_.add(); }

 private:
  telemetry::Gauge& queueLength_;
  telemetry::Counter& batches_;
  telemetry::Counter& refused_;
  telemetry::Histogram& batchSize_;
  telemetry::Histogram& queueSeconds_;
  telemetry::Histogram& execSeconds_;
  telemetry::Counter* results_[kOutcomes];
};

}  // namespace faasbatch::batching
