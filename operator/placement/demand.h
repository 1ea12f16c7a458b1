// What a workflow asks of the cluster: its root list as a graph of steps, and what its functions demand of a
// node. Made of a plan once a generation; small, so that it is kept for every object while plans are not.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/workflow/plan.h"

namespace faasbatch::placement {

using StepIndex = std::uint32_t;
using FunctionIndex = std::uint32_t;

inline constexpr std::uint32_t kAssumedItems = 32;  // of a foreach whose number of items nobody knows

// As in a pod: an empty key means every taint, an empty effect every effect.
struct Toleration {
  std::string key;
  bool exists = false;  // operator Exists: the value counts for nothing
  std::string value;
  std::string effect;
};

struct FunctionDemand {
  std::string name;
  std::uint32_t scale =
      1;  // pods it may need: its calls side by side by the calls a pod takes, within its pool
  std::uint32_t maxPods = 1;
  std::vector<std::pair<std::string, std::string>> nodeSelector;
  std::vector<Toleration> tolerations;
  std::int64_t cpuMilli = 0;  // requests of one pod; 0: none
  std::int64_t memoryBytes = 0;
};

struct StepDemand {
  std::string name;
  std::vector<StepIndex> predecessors;   // ascending
  std::vector<FunctionIndex> functions;  // of everything inside it; ascending
  bool answer = false;  // the run's output is made of its own: it is read where the run's home is
};

struct Demand {
  std::vector<FunctionDemand> functions;
  std::vector<StepDemand> steps;  // the root list, in the order written
};

// The workflow is valid: what its functions say of pods has been checked by the compiler.
Demand demandOf(const workflow::Plan& plan);

}  // namespace faasbatch::placement
