// How long to wait before the disk is tried again.
#pragma once

#include <algorithm>

#include "lib/base/time.h"

namespace faasbatch::journal {

inline constexpr base::Duration kFirstRetry = std::chrono::milliseconds(100);
inline constexpr base::Duration kLastRetry = std::chrono::seconds(5);

// 100 ms, 200 ms, ... 5 s, 5 s.
constexpr base::Duration retryDelay(int failures) {
  base::Duration delay = kFirstRetry;
  for (int i = 1; i < failures && delay < kLastRetry; ++i) delay *= 2;
  return std::min(delay, kLastRetry);
}

}  // namespace faasbatch::journal
