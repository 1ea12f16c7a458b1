// The record of a run as the API shows it (contract, section 2), a view of its state.
#pragma once

#include <string>
#include <vector>

#include "node-agent/engine/engine.h"

namespace faasbatch::engine {

// `output` is the run's output where it is at hand and not larger than kMaxRecordOutput; null otherwise (with
// "outputTruncated": true where it is larger).
inline constexpr std::size_t kMaxRecordOutput = 6 << 20;
inline constexpr std::size_t kMaxRecordSteps =
    10'000;  // the first so many are listed; then "stepsTruncated": true

// JSON text. Steps in the order in which they got ready (those that other agents run: what is inside one
// stands together); leaf steps (function, wait, fail), sub-workflow steps, and any step that was skipped or
// failed by itself. A foreach is listed by its items, each with its index.
std::string record(const Run& run, const base::Payload* output);

// One line of a list: the record without `steps`, `output` and receipts.
std::string summary(const Run& run);

const char* name(RunStatus status);  // "Succeeded", ...

// The given step instances as the record lists them, at most about so many bytes.
StepRecords records(const State& s, const std::vector<StepId>& steps, std::size_t maxBytes);

}  // namespace faasbatch::engine
