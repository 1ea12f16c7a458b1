// Tells how much of a call's wait was for what, without a timer or a visit per call.
#pragma once

#include <array>
#include <cstddef>

#include "lib/base/time.h"

namespace faasbatch::batching {

enum class WaitReason { kQueue, kWindow, kCold };

// One per queue. It sums up how long the queue has waited for each reason; a call's share is the difference
// of two readings, so the shares of a call add up exactly to the time between them.
class WaitingClock {
 public:
  struct Reading {
    base::Duration window{0};
    base::Duration cold{0};
  };

  // From `now` on the queue waits for `reason`. `now` never goes back.
  void enter(WaitReason reason, base::Instant now) {
    sums_ = read(now);
    reason_ = reason;
    since_ = now;
  }

  Reading read(base::Instant now) const {
    Reading reading = sums_;
    if (reason_ == WaitReason::kWindow) reading.window += now - since_;
    if (reason_ == WaitReason::kCold) reading.cold += now - since_;
    return reading;
  }

 private:
  Reading sums_;
  WaitReason reason_ = WaitReason::kQueue;
  base::Instant since_;
};

}  // namespace faasbatch::batching
