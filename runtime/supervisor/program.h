// The supervisor as a program.
#pragma once

#include "runtime/supervisor/options.h"

namespace faasbatch::supervisor {

// Serves until SIGTERM or SIGINT (then calls under way end first) or the end of the lifeline (then at once).
// Leaves no process behind. Returns the exit status.
int run(const Options& options);

}  // namespace faasbatch::supervisor
