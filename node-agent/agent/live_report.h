// What of the report to the operator changes with every call: runs, pods, queues.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "lib/cluster/report.h"
#include "node-agent/agent/parts.h"

namespace faasbatch::agent {

// Loop thread only.
class LiveReport {
 public:
  // `maxPods` of all functions together.
  LiveReport(const Parts& parts, std::size_t maxPods) : parts_(parts), maxPods_(maxPods) {}

  // Sets `pods`, and of each workflow that is in the report what was measured, its pods and how many of its
  // functions are starving: had calls in their queue when this was asked in the last minute, and could get no
  // further pod here.
  void fill(cluster::Report& report, base::Instant now);

 private:
  bool starves(const batching::FunctionStatus& function, std::size_t podsHere) const;

  const Parts& parts_;
  std::size_t maxPods_;
  std::map<calls::FunctionKey, base::Instant> starving_;  // until then
};

}  // namespace faasbatch::agent
