#include "node-agent/runs/measures.h"

#include <algorithm>

namespace faasbatch::runs {

Measures::Entry* Measures::entry(const std::string& nameSpace, const std::string& workflow) {
  const auto found = entries_.find({nameSpace, workflow});
  if (found != entries_.end()) return &found->second;
  return entries_.size() < kMaxMeasured ? &entries_[{nameSpace, workflow}] : nullptr;
}

void Measures::began(const std::string& nameSpace, const std::string& workflow) {
  if (Entry* known = entry(nameSpace, workflow)) ++known->active;
}

void Measures::dropped(const std::string& nameSpace, const std::string& workflow) {
  Entry* known = entry(nameSpace, workflow);
  if (known != nullptr && known->active > 0) --known->active;
}

void Measures::ended(const std::string& nameSpace, const std::string& workflow, base::Instant now,
                     base::Duration total, const std::vector<engine::StepMeasured>& steps) {
  Entry* known = entry(nameSpace, workflow);
  if (known == nullptr) return;
  if (known->active > 0) --known->active;
  while (!known->recent.empty() &&
         (known->recent.front().at + kRecently < now || known->recent.size() >= kMaxRecent)) {
    known->recent.pop_front();
  }
  known->recent.push_back({now, total});
  for (const engine::StepMeasured& step : steps) {
    Mean& mean = known->steps[step.name];
    const auto weight = 1.0 / static_cast<double>(std::min(++mean.runs, kMeasureMemory));
    mean.time += (static_cast<double>(step.time.count()) - mean.time) * weight;
    mean.bytes += (static_cast<double>(step.outputBytes) - mean.bytes) * weight;
  }
}

void Measures::forget(const std::string& nameSpace, const std::string& workflow) {
  const auto found = entries_.find({nameSpace, workflow});
  if (found == entries_.end()) return;
  found->second.steps.clear();
  if (found->second.active == 0) entries_.erase(found);
}

void Measures::fill(cluster::WorkflowReport& report, base::Instant now) const {
  const auto found = entries_.find({report.nameSpace, report.name});
  if (found == entries_.end()) return;
  const Entry& known = found->second;
  report.active = known.active;
  std::vector<base::Duration> totals;
  for (const Recent& run : known.recent) {
    if (run.at + kRecently >= now) totals.push_back(run.total);
  }
  report.runs = totals.size();
  if (!totals.empty()) {
    const auto at = totals.begin() + static_cast<std::ptrdiff_t>((totals.size() - 1) * 95 / 100);
    std::ranges::nth_element(totals, at);
    report.p95 = *at;
  }
  for (const auto& [name, mean] : known.steps) {
    report.steps.push_back({.step = name,
                            .runs = mean.runs,
                            .time = base::Duration(static_cast<std::int64_t>(mean.time)),
                            .outputBytes = static_cast<std::uint64_t>(mean.bytes)});
  }
}

}  // namespace faasbatch::runs
