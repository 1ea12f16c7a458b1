#include "lib/telemetry/metrics.h"

#include <map>
#include <mutex>

#include "lib/telemetry/process_metrics.h"
#include "lib/telemetry/text_format.h"

namespace faasbatch::telemetry {
namespace {

template <class Series>
struct Family {
  std::string help;
  std::map<std::string, std::unique_ptr<Series>, std::less<>> series;  // by formatted labels
};

template <class Series>
using Families = std::map<std::string, Family<Series>, std::less<>>;

// Past the bound all label values become "other": the family stays bounded and nothing is lost from its sum.
Labels othered(Labels labels) {
  for (auto& [name, value] : labels) value = "other";
  return labels;
}

template <class Series, class Make>
Series& find(Families<Series>& families, std::string_view name, std::string_view help, const Labels& labels,
             const Make& make) {
  auto family = families.find(name);
  if (family == families.end()) {
    family = families.emplace(std::string(name), Family<Series>{std::string(help), {}}).first;
  }
  auto& series = family->second.series;
  std::string key = formatLabels(labels);
  if (const auto found = series.find(key); found != series.end()) return *found->second;
  if (series.size() >= Registry::kMaxSeriesPerFamily) key = formatLabels(othered(labels));
  std::unique_ptr<Series>& slot = series[key];
  if (!slot) slot = make();
  return *slot;
}

template <class Series>
void writeSimple(std::string& out, const Families<Series>& families, std::string_view type) {
  for (const auto& [name, family] : families) {
    appendHead(out, name, family.help, type);
    for (const auto& [labels, series] : family.series) {
      out.append(name);
      if (!labels.empty()) out.append("{").append(labels).append("}");
      out.append(" ").append(std::to_string(series->value())).append("\n");
    }
  }
}

}  // namespace

struct Registry::Impl {
  mutable std::mutex mutex;
  Families<Counter> counters;
  Families<Gauge> gauges;
  Families<Histogram> histograms;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  return find(impl_->counters, name, help, labels, [] { return std::make_unique<Counter>(); });
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  return find(impl_->gauges, name, help, labels, [] { return std::make_unique<Gauge>(); });
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               const std::vector<double>& buckets, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  return find(impl_->histograms, name, help, labels, [&] { return std::make_unique<Histogram>(buckets); });
}

std::string Registry::render() const {
  std::string out;
  {
    const std::lock_guard lock(impl_->mutex);
    writeSimple(out, impl_->counters, "counter");
    writeSimple(out, impl_->gauges, "gauge");
    for (const auto& [name, family] : impl_->histograms) {
      appendHead(out, name, family.help, "histogram");
      for (const auto& [labels, series] : family.series) series->write(out, name, labels);
    }
  }
  appendProcessMetrics(out);
  return out;
}

}  // namespace faasbatch::telemetry
