#include "runtime/supervisor/time_slice.h"

#include <algorithm>
#include <ctime>

namespace faasbatch::supervisor {

std::optional<base::Duration> judgeSlice(const SliceFacts& facts) {
  if (facts.computed >= facts.slice) return std::nullopt;
  base::Duration pause = facts.slice - facts.computed;
  if (facts.computed == facts.before) pause = std::max(pause, facts.pause * 2);
  return std::clamp(pause, kLeastPause, kMostPause);
}

std::optional<base::Duration> computedBy(pid_t pid) {
  clockid_t clock = 0;
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace faasbatch::supervisor
