// When the process of a call gives way to others: once it has computed for its time slice, it is lowered to
// the lowest priority, so that short calls overtake long ones. Raising takes privileges, lowering does not.
#pragma once

#include <sys/types.h>

#include <optional>

#include "lib/base/time.h"

namespace faasbatch::supervisor {

// Between two looks at a process. What it computes between two looks is what the slice may be exceeded by.
inline constexpr base::Duration kLeastPause = std::chrono::milliseconds(1);
inline constexpr base::Duration kMostPause = std::chrono::milliseconds(100);

struct SliceFacts {
  base::Duration slice{};
  base::Duration computed{};  // since the call began
  base::Duration before{};    // the same at the last look
  base::Duration pause{};     // between the last look and this one; zero at the first
};

// The pause until the next look: what is left of the slice, and longer and longer while the process waits;
// nothing: the slice is over. A pure function.
std::optional<base::Duration> judgeSlice(const SliceFacts& facts);

// The time for which the process and its threads have computed so far; nothing where it is gone.
std::optional<base::Duration> computedBy(pid_t pid);

}  // namespace faasbatch::supervisor
