#include "node-agent/batching/function_metrics.h"

#include <array>

namespace faasbatch::batching {
namespace {

constexpr std::array<const char*, kOutcomes> kOutcomeNames = {
    "Succeeded", "Failed", "Timeout", "Cancelled", "PodLost", "WorkerCrashed", "LoadFailed"};

const std::vector<double>& sizeBuckets() {
  static const std::vector<double> kBuckets = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  return kBuckets;
}

telemetry::Labels labelsOf(const calls::FunctionKey& key) {
  return {{"namespace", key.nameSpace}, {"workflow", key.workflow}, {"function", key.function}};
}

double seconds(base::Duration d) { return static_cast<double>(d.count()) / 1e9; }

}  // namespace

Outcome outcomeOf(const calls::CallResult& result) {
  if (result.outcome) return Outcome::kSucceeded;
  const std::string& type = result.outcome.error().type;
  if (type == "Timeout") return Outcome::kTimeout;
  if (type == "Cancelled") return Outcome::kCancelled;
  if (type == "PodLost" || type == "NoCapacity") return Outcome::kPodLost;
  if (type == "WorkerCrashed") return Outcome::kWorkerCrashed;
  if (type == "LoadFailed") return Outcome::kLoadFailed;
  return Outcome::kFailed;
}

FunctionMetrics::FunctionMetrics(telemetry::Registry& registry, const calls::FunctionKey& key)
    : queueLength_(registry.gauge("faasbatch_queue_length", "Calls that wait.", labelsOf(key))),
      batches_(registry.counter("faasbatch_batches_total", "Batches sent to pods.", labelsOf(key))),
      refused_(registry.counter("faasbatch_calls_refused_total", "Calls refused because a queue was full.",
                                labelsOf(key))),
      batchSize_(
          registry.histogram("faasbatch_batch_size", "Calls in a batch.", sizeBuckets(), labelsOf(key))),
      queueSeconds_(registry.histogram("faasbatch_queue_seconds",
                                       "From submission until a call leaves for a pod.",
                                       telemetry::latencyBuckets(), labelsOf(key))),
      execSeconds_(registry.histogram("faasbatch_exec_seconds", "In the handler.",
                                      telemetry::latencyBuckets(), labelsOf(key))) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    telemetry::Labels labels = labelsOf(key);
    labels.emplace_back("outcome", kOutcomeNames[i]);
    results_[i] = &registry.counter("faasbatch_calls_total", "Attempts that have ended.", labels);
  }
}

void FunctionMetrics::batchSent(std::uint32_t size) {
  batches_.add();
  batchSize_.observe(size);
}

void FunctionMetrics::ended(const calls::CallResult& result) {
  results_[static_cast<std::size_t>(outcomeOf(result))]->add();
  const calls::Receipt& receipt = result.receipt;
  queueSeconds_.observe(seconds(receipt.queue + receipt.window + receipt.cold));
  execSeconds_.observe(seconds(receipt.exec + receipt.store));
}

}  // namespace faasbatch::batching
