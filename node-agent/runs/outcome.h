// The outcome of a run as the journal keeps it, for callers that bring the same idempotency key again.
#pragma once

#include <string>

#include "lib/base/error.h"
#include "node-agent/runs/active_run.h"
#include "node-agent/runs/runs.h"

namespace faasbatch::runs {

Outcome outcomeOf(const engine::Run& run, base::Payload output);

// {"status": "Succeeded", "receipt": {...}, "error": {...}, "output": ...}
std::string toJson(const Outcome& outcome);
base::Result<Outcome> outcomeFromJson(std::string_view json, std::string id);

// Whether a run ended with nothing begun, for want of room or of a store: its caller is told to come again.
bool wasRefused(const engine::Run& run);
// Whether finishedRun() has said so of the run whose answer this is.
bool wasRefused(const journal::FinishedRun& finished);

// What the journal keeps of an ended run.
journal::FinishedRun finishedRun(ActiveRun& run);

}  // namespace faasbatch::runs
