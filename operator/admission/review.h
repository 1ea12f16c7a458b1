// What the webhook answers. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::admission {

inline constexpr std::size_t kMaxCauses = 200;  // in details; the message has them all
inline constexpr std::size_t kMaxMessageBytes = 32'768;
inline constexpr std::size_t kMaxWarningBytes = 250;  // the API server cuts longer ones
inline constexpr std::size_t kMaxWarnings = 15;       // and drops all beyond 4 kB together

// The AdmissionReview (admission.k8s.io/v1) that answers `review`. An object that does not compile is refused
// with every fault: all in the message, one a line, and each as a cause with its field. One that does is let
// in with warnings: what is hardly meant, and in a dry run also the critical path and the longest time a run
// can take. Of updates, those that leave the spec as it is are let in whatever it says (finalizers must come
// off an object that a later version no longer takes); no field is immutable. Kind "InvalidReview" where
// `review` is none.
base::Result<std::string> answerReview(std::string_view review);

}  // namespace faasbatch::admission
