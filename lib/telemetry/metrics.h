// Metrics in the Prometheus text format (version 0.0.4). Series exist from the moment they are made, at zero.
// Labels have bounded values: never an invocation id.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faasbatch::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Buckets are upper bounds in ascending order; +Inf is added.
class Histogram {
 public:
  explicit Histogram(std::vector<double> buckets);
  void observe(double value);
  void write(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<std::uint64_t> sumMicro_{0};  // the sum in millionths
};

// Owns all series of a process. Making and reading: any thread. References stay valid as long as the
// registry.
class Registry {
 public:
  static constexpr std::size_t kMaxSeriesPerFamily =
      2000;  // further label sets share the series of label "other"

  Registry();
  ~Registry();
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& buckets,
                       const Labels& labels = {});
  std::string render() const;  // with process_resident_memory_bytes, process_cpu_seconds_total,
                               // process_open_fds, process_start_time_seconds

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Seconds: 100 us to 60 s.
const std::vector<double>& latencyBuckets();

}  // namespace faasbatch::telemetry
