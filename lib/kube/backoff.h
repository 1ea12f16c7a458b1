// How long to wait after failures (exponential backoff with jitter: AWS Architecture Blog, 2015). Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/base/time.h"

namespace faasbatch::kube {

// `initial` doubled `failures` times, `most` at the most.
constexpr base::Duration backoff(base::Duration initial, base::Duration most, std::uint32_t failures) {
  base::Duration wait = std::min(initial, most);
  for (; failures > 0 && wait < most; --failures) wait = std::min(wait * 2, most);
  return wait;
}

// `random` is uniform in [0, 1). Full jitter spreads many callers that failed together, equal jitter keeps a
// least wait.
constexpr base::Duration fullJitter(base::Duration wait, double random) {
  return base::Duration(static_cast<std::int64_t>(static_cast<double>(wait.count()) * random));
}
constexpr base::Duration equalJitter(base::Duration wait, double random) {
  return wait / 2 + fullJitter(wait / 2, random);
}

}  // namespace faasbatch::kube
