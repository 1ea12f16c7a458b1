// The latency receipt as a Server-Timing header.
#pragma once

#include <string>

#include "node-agent/calls/receipt.h"

namespace faasbatch::gateway {

// "total;dur=1.234, engine;dur=0.1, ...": milliseconds, every part but `wait`, which is told where it is not
// zero.
std::string serverTiming(const calls::Receipt& receipt);

}  // namespace faasbatch::gateway
