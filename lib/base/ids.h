// Identifiers of runs, pods and batches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace faasbatch::base {

// A UUID version 7 (RFC 9562) in lower case: unique, and ordered by `now` to the microsecond, so that "newest
// first" is an index scan. Thread-safe.
std::string newInvocationId(Instant now);
// The same, whose last 16 bits are `mark` instead of random: whoever reads the id sees who made it.
std::string newInvocationId(Instant now, std::uint16_t mark);
// The last 16 bits; nothing where the text is no UUID in lower case.
std::optional<std::uint16_t> markOf(std::string_view id);

// `prefix-` and 10 random characters of [a-z0-9]: pod and batch names, valid as DNS labels. Thread-safe.
std::string newName(std::string_view prefix);

}  // namespace faasbatch::base
