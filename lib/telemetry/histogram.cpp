#include <algorithm>
#include <cmath>

#include "lib/telemetry/metrics.h"
#include "lib/telemetry/text_format.h"

namespace faasbatch::telemetry {

Histogram::Histogram(std::vector<double> buckets)
    : bounds_(std::move(buckets)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  if (!std::isfinite(value)) return;
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sumMicro_.fetch_add(static_cast<std::uint64_t>(std::max(value, 0.0) * 1e6), std::memory_order_relaxed);
}

void Histogram::write(std::string& out, std::string_view name, std::string_view labels) const {
  const std::string prefix(labels.empty() ? "" : std::string(labels) + ",");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    out.append(name).append("_bucket{").append(prefix).append("le=\"");
    out.append(i < bounds_.size() ? formatNumber(bounds_[i]) : "+Inf");
    out.append("\"} ").append(std::to_string(total)).append("\n");
  }
  const std::string braces = labels.empty() ? "" : "{" + std::string(labels) + "}";
  const double sum = static_cast<double>(sumMicro_.load(std::memory_order_relaxed)) / 1e6;
  out.append(name).append("_sum").append(braces).append(" ").append(formatNumber(sum)).append("\n");
  out.append(name).append("_count").append(braces).append(" ").append(std::to_string(total)).append("\n");
}

const std::vector<double>& latencyBuckets() {
  static const std::vector<double> kBuckets = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                               0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                               1,      2.5,     5,      10,    30,     60};
  return kBuckets;
}

}  // namespace faasbatch::telemetry
