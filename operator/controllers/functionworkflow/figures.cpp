#include "operator/controllers/functionworkflow/figures.h"

#include <algorithm>
#include <cmath>

#include "lib/workflow/duration.h"

namespace faasbatch::controllers {
namespace {

bool near(double before, double now, double change) { return std::abs(now - before) <= change * before; }

// Two significant digits: "1.2s" rather than "1.234567891s".
base::Duration rounded(base::Duration value) {
  std::int64_t unit = 1;
  while (value.count() / unit >= 100) unit *= 10;
  return base::Duration((value.count() + unit / 2) / unit * unit);
}

// As people read it, with one unit.
std::string shortText(base::Duration value) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"m", 60e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}};
  const auto ns = static_cast<double>(rounded(value).count());
  for (const auto& [name, size] : kUnits) {
    if (ns < size) continue;
    std::string text = std::to_string(ns / size);
    text.erase(text.find('.') + 2);
    if (text.ends_with(".0")) text.erase(text.size() - 2);
    return text + std::string(name);
  }
  return "1us";
}

struct Sum {
  double runs = 0;
  double time = 0;
  double bytes = 0;
};

}  // namespace

Totals totals(const Reports& reports) {
  Totals totals;
  for (const auto& [node, report] : reports) {
    totals.active += report.active;
    totals.runs += report.runs;
    if (report.runs > 0) totals.p95 = std::max(totals.p95, report.p95);
    totals.pods += report.pods;
    totals.starving = std::max(totals.starving, report.starving);
  }
  return totals;
}

std::uint64_t step(std::uint64_t count) {
  std::uint64_t ten = 1;
  while (count / ten >= 10) ten *= 10;
  const std::uint64_t digit = count / ten;
  return ten * (digit >= 5 ? 5 : std::min<std::uint64_t>(digit, 2));
}

std::string p95Text(const std::string& before, const Totals& now) {
  if (now.runs == 0) return before;
  const auto old = workflow::parseDuration(before);
  if (old && near(static_cast<double>(old->count()), static_cast<double>(now.p95.count()), kP95Change))
    return before;
  return shortText(now.p95);
}

Weights settle(const Weights& before, const Reports& reports) {
  std::map<std::string, Sum> sums;
  for (const auto& [node, report] : reports) {
    for (const cluster::StepMeasure& measure : report.steps) {
      if (measure.runs == 0) continue;
      const auto runs = static_cast<double>(measure.runs);
      Sum& sum = sums[measure.step];
      sum.runs += runs;
      sum.time += runs * static_cast<double>(measure.time.count());
      sum.bytes += runs * static_cast<double>(measure.outputBytes);
    }
  }
  Weights weights = before;
  for (const auto& [name, sum] : sums) {
    const double time = sum.time / sum.runs;
    const double bytes = sum.bytes / sum.runs;
    const auto [found, added] = weights.try_emplace(name);
    placement::StepWeight& weight = found->second;
    const bool same = near(static_cast<double>(weight.time.count()), time, kWeightChange) &&
                      near(static_cast<double>(weight.outputBytes), bytes, kWeightChange);
    if (!added && same) continue;
    weight = {.time = base::Duration(static_cast<std::int64_t>(time)),
              .outputBytes = static_cast<std::uint64_t>(bytes)};
  }
  return weights;
}

}  // namespace faasbatch::controllers
