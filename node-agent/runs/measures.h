// What runs of each workflow took lately, for the report to the operator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/cluster/report.h"
#include "node-agent/engine/measure.h"

namespace faasbatch::runs {

inline constexpr base::Duration kRecently = std::chrono::minutes(1);
inline constexpr std::size_t kMaxRecent = 2'000;     // runs of one workflow that are counted, the last ones
inline constexpr std::size_t kMaxMeasured = 10'000;  // workflows; of further ones nothing is kept
inline constexpr std::uint64_t kMeasureMemory = 20;  // a step's mean weighs about so many of the last runs

// Runs whose home is here. One thread.
class Measures {
 public:
  void began(const std::string& nameSpace, const std::string& workflow);
  // It was accepted and yet never began.
  void dropped(const std::string& nameSpace, const std::string& workflow);
  void ended(const std::string& nameSpace, const std::string& workflow, base::Instant now,
             base::Duration total, const std::vector<engine::StepMeasured>& steps);
  // Once it is served no more: means of another workflow of the same name would be wrong.
  void forget(const std::string& nameSpace, const std::string& workflow);

  // Sets `active`, `runs`, `p95` and `steps`.
  void fill(cluster::WorkflowReport& report, base::Instant now) const;

 private:
  struct Recent {
    base::Instant at;
    base::Duration total;
  };
  struct Mean {
    std::uint64_t runs = 0;
    double time = 0;  // nanoseconds
    double bytes = 0;
  };
  struct Entry {
    std::uint64_t active = 0;
    std::deque<Recent> recent;
    std::map<std::string, Mean, std::less<>> steps;
  };
  using Name = std::pair<std::string, std::string>;

  Entry* entry(const std::string& nameSpace, const std::string& workflow);

  std::map<Name, Entry> entries_;
};

}  // namespace faasbatch::runs
