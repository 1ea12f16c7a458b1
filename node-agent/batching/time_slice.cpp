#include "node-agent/batching/time_slice.h"

#include <algorithm>
#include <utility>

namespace faasbatch::batching {

void TimeSlice::arrived(base::Instant now) {
  const base::Duration gap = std::min(now - std::exchange(last_, now), kLongestGap);
  if (!std::exchange(any_, true)) return;
  gaps_.push_back(gap);
  sum_ += gap;
  if (gaps_.size() <= kSliceArrivals) return;
  sum_ -= gaps_.front();
  gaps_.pop_front();
}

base::Duration TimeSlice::slice() const {
  if (gaps_.empty()) return kFirstSlice;
  return std::max(kLeastSlice, sum_ * processors_ / static_cast<std::int64_t>(gaps_.size()));
}

}  // namespace faasbatch::batching
