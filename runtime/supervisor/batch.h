// The body of POST /v1/batch: JSON lines, one invocation each. docs/runtime-contract.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "runtime/protocol/heads.h"

namespace faasbatch::supervisor {

inline constexpr std::size_t kMaxBatchCalls = 10'000;
inline constexpr std::size_t kMaxIdBytes = 128;
inline constexpr std::size_t kMaxNameBytes =
    4096;  // invocation, run, step and index: a Call's head holds them all
inline constexpr base::Duration kMaxTimeout = std::chrono::hours(24 * 365);

struct Invocation {
  std::string id;  // the call's name within the pod
  protocol::CallHead head;
  base::Duration timeout{};
  base::Duration slice{};  // time_slice.h; 0: none
  bool isolate = false;
  std::string_view input;  // JSON text inside the body
};

// Every line is checked to be JSON; blank lines are left out. Kind "InvalidRequest" with the number of the
// line and what is wrong with it; then no invocation of the batch is to be run. The views point into `body`.
base::Result<std::vector<Invocation>> parseBatch(std::string_view body);

}  // namespace faasbatch::supervisor
