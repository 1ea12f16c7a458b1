// Times as the engine's messages and records write them, and as expressions give them.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/time.h"

namespace faasbatch::engine {

// "250ms", "1.5s", "15m".
std::string durationText(base::Duration d);

// Milliseconds with up to three decimals, as JSON: "1.25".
std::string millisText(base::Duration d);

// Saturates at the ends of what an Instant holds (years 1677 to 2262).
base::Instant instantOf(std::int64_t seconds, std::int32_t nanos);

}  // namespace faasbatch::engine
