// Records of steps that had several owners, put together as text.
#pragma once

#include <string>

#include "node-agent/engine/state.h"

namespace faasbatch::engine {

// What was under way has failed with `error`.
StepRecords closed(const StepRecords& records, const ErrorText& error);

// First `earlier`; an entry of `later` for the same step (name and index) adds its attempts to the one that
// is there, and its status holds.
StepRecords merged(const StepRecords& earlier, const StepRecords& later);

// Of a step of whose call nothing is known but that its agent was lost.
StepRecords lostCall(const State& s, StepId step, std::uint32_t attempt, const std::string& agent);

}  // namespace faasbatch::engine
