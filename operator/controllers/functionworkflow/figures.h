// Figures of the printer columns, and the weights of placement, out of the agents' reports: with thresholds,
// so that what hardly changes is not written, and what does not matter moves nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/base/time.h"
#include "lib/cluster/report.h"
#include "operator/placement/weights.h"

namespace faasbatch::controllers {

using Reports = std::map<std::string, cluster::WorkflowReport>;  // by node

inline constexpr double kWeightChange = 0.25;  // a measured weight counts as changed from this on
inline constexpr double kP95Change = 0.2;      // likewise

// Sums over all nodes.
struct Totals {
  std::uint64_t active = 0;
  std::uint64_t runs = 0;
  base::Duration p95{0};  // the largest of the nodes that had runs
  std::uint32_t pods = 0;
  std::uint32_t starving = 0;
};
Totals totals(const Reports& reports);

// 0, 1, 2, 5, 10, 20, 50 ...: the largest that is not more.
std::uint64_t step(std::uint64_t count);

// What the column shows: the old text where the new value is near it or nothing ran.
std::string p95Text(const std::string& before, const Totals& now);

// Measured weights by step, over all nodes: those of `before` that changed by less than kWeightChange stay.
using Weights = std::map<std::string, placement::StepWeight>;
Weights settle(const Weights& before, const Reports& reports);

}  // namespace faasbatch::controllers
