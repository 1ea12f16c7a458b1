// Receipts along the critical path.
#pragma once

#include "node-agent/engine/state.h"

namespace faasbatch::engine {

// Of a step that has ended: the parts of its own time and of the steps inside it that it waited for. They add
// up to the time from when it got ready exactly.
calls::Receipt stepReceipt(const State& s, StepId step);

}  // namespace faasbatch::engine
