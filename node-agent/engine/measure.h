// What the steps of a run took, for who places them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node-agent/engine/state.h"

namespace faasbatch::engine {

struct StepMeasured {
  std::string name;
  base::Duration time{0};         // in handlers, along what the step waited for inside it
  std::uint64_t outputBytes = 0;  // of its JSON text
  friend bool operator==(const StepMeasured&, const StepMeasured&) = default;
};

// Of the steps of a run's root list that succeeded, in the order in which they got ready. None of a run of
// one function by itself. Precondition: the run has ended, and this agent is its home.
std::vector<StepMeasured> measured(const Run& run);

// How long the JSON text of an output is.
std::uint64_t bytesOf(const OutputPtr& output);

}  // namespace faasbatch::engine
