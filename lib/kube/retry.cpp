#include "lib/kube/retry.h"

#include "lib/kube/backoff.h"

namespace faasbatch::kube {

std::optional<base::Duration> retryAfter(const ApiError& error, Repeat repeat, int failures, int maxRetries,
                                         double random) {
  const bool notDone = error.reason == "Unreachable" || error.status == 429;
  const bool unsure = error.reason == "ConnectionLost" || error.status >= 500;
  if (failures >= maxRetries || !(notDone || (unsure && repeat == Repeat::kSafe))) return std::nullopt;
  const base::Duration wait = backoff(kRetryInitial, kRetryMax, static_cast<std::uint32_t>(failures));
  return error.retryAfter + fullJitter(wait, random);
}

}  // namespace faasbatch::kube
