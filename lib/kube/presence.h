// Whether the API server is there, as far as the requests of one client tell. Pure.
#pragma once

#include <string_view>
#include <utility>

#include "lib/base/time.h"
#include "lib/kube/backoff.h"
#include "lib/kube/error.h"

namespace faasbatch::kube {

// While it is away and somebody waits for it, it is asked so often whether it is back (equal jitter), with a
// request that it answers without work.
inline constexpr base::Duration kProbeEvery = std::chrono::seconds(2);
inline constexpr base::Duration kProbeTime = std::chrono::seconds(5);  // of one such request
inline constexpr std::string_view kProbePath = "/version";

// A request had no answer at all: nothing was sent, or the connection or the time was lost.
inline bool hadNoAnswer(const ApiError& error) {
  if (error.status != 0) return false;
  return error.reason == "Unreachable" || error.reason == "ConnectionLost" ||
         error.reason == "DeadlineExceeded";
}

class Presence {
 public:
  void failed(const ApiError& error) { away_ = away_ || hadNoAnswer(error); }
  // An answer came, whatever it says; whether the server is back with it.
  bool answered() { return std::exchange(away_, false); }
  bool away() const { return away_; }

 private:
  bool away_ = false;
};

inline base::Duration probeWait(double random) { return equalJitter(kProbeEvery, random); }

}  // namespace faasbatch::kube
