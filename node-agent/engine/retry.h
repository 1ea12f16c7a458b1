// Retry decisions: whether, and after how long.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/workflow/function.h"

namespace faasbatch::engine {

// Whether a list of error types (of retry or catch) names `type`. "*" names all; nothing names "Cancelled".
bool namesType(std::span<const std::string> types, std::string_view type);

// Whether a failure of `type` is tried again after `used` retries.
bool retries(const workflow::RetryPolicy& policy, std::string_view type, std::uint32_t used);

// The delay before retry number `retry` (from 1): full jitter, that is, evenly spread over [0, min(max,
// initial * factor^(retry-1))) ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). The chance
// comes from a hash of the run, step, index and retry, so a replay computes the same delay.
base::Duration backoff(const workflow::Backoff& policy, std::uint32_t retry, std::string_view runId,
                       std::string_view stepPath, std::span<const std::uint32_t> index);

}  // namespace faasbatch::engine
