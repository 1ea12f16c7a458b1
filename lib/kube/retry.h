// Whether a request that failed is sent again by the client itself, and when. Pure.
#pragma once

#include <optional>

#include "lib/base/time.h"
#include "lib/kube/error.h"

namespace faasbatch::kube {

inline constexpr base::Duration kRetryInitial = std::chrono::milliseconds(100);
inline constexpr base::Duration kRetryMax = std::chrono::seconds(5);

// What sending a request twice may do. kSafe: no more than once would (GET, DELETE, merge and apply patches);
// kOnce: something else (create), or it would be refused for what its own first sending did (replace).
enum class Repeat { kSafe, kOnce };

// After the failure number `failures` (from 0). A request that was not sent, or that a 429 refused, is sent
// again in any case; one that may have been carried out only where that is safe. Retry-After is kept, with
// jitter on top.
std::optional<base::Duration> retryAfter(const ApiError& error, Repeat repeat, int failures, int maxRetries,
                                         double random);

}  // namespace faasbatch::kube
