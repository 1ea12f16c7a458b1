// The time slice of the batch policy SFS (Fu et al., SC 2022): how long a call may compute before its process
// gives way to others. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "lib/base/time.h"

namespace faasbatch::batching {

// The mean time between calls, over the last kSliceArrivals of them, times the number of processors: calls
// that compute for less than that can all be served before more of them come.
class TimeSlice {
 public:
  static constexpr std::size_t kSliceArrivals = 100;
  // A gap counts as this at most, so that a burst after a quiet night has a slice of its own.
  static constexpr base::Duration kLongestGap = std::chrono::seconds(1);
  // Before gaps are known; and no slice is shorter than what a process can be stopped at.
  static constexpr base::Duration kFirstSlice = std::chrono::milliseconds(100);
  static constexpr base::Duration kLeastSlice = std::chrono::milliseconds(1);

  explicit TimeSlice(std::uint32_t processors) : processors_(processors == 0 ? 1 : processors) {}

  void arrived(base::Instant now);  // `now` never goes back
  base::Duration slice() const;

 private:
  std::uint32_t processors_;
  std::deque<base::Duration> gaps_;
  base::Duration sum_{0};
  base::Instant last_;
  bool any_ = false;
};

}  // namespace faasbatch::batching
