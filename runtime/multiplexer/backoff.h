// When to try a peer again that does not answer.
#pragma once

#include <algorithm>

#include "lib/base/time.h"

namespace faasbatch::multiplexer {

// Doubles from kFirst to kLongest with every failure in a row; a success forgets them.
class Backoff {
 public:
  static constexpr base::Duration kFirst = std::chrono::milliseconds(50);
  static constexpr base::Duration kLongest = std::chrono::seconds(5);

  void succeeded() { pause_ = base::Duration::zero(); }
  void failed(base::Instant now) {
    pause_ = std::clamp(pause_ * 2, kFirst, kLongest);
    nextTry_ = now + pause_;
  }
  bool mayTry(base::Instant now) const { return pause_ == base::Duration::zero() || now >= nextTry_; }
  base::Duration untilNextTry(base::Instant now) const {
    return mayTry(now) ? base::Duration::zero() : nextTry_ - now;
  }

 private:
  base::Duration pause_{};
  base::Instant nextTry_{};
};

}  // namespace faasbatch::multiplexer
