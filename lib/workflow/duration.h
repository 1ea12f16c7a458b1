// Durations as Go and Kubernetes write them: "50ms", "1m30s", "0.5s".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace faasbatch::workflow {

// One or more of number and unit (ns, us, µs, ms, s, m, h), the number with or without a fraction; or "0". No
// sign: nothing here takes a negative time. Nothing where the text is something else or does not fit 64 bits
// of nanoseconds.
std::optional<base::Duration> parseDuration(std::string_view text);

// The shortest such text: "1m30s", "50ms", "0s".
std::string formatDuration(base::Duration duration);

}  // namespace faasbatch::workflow
