// Priorities of the calls' processes.
#pragma once

#include <sys/types.h>

namespace faasbatch::native {

// The lowest: a process of it gets about a seventieth of what one of the usual priority gets beside it.
inline constexpr int kLowestNice = 19;

// Lowers the processes of a group, and, where the kernel weighs sessions before processes (sched(7),
// autogroup), the session of `leader`, which is that of the group alone. False where the kernel takes the
// session's only a little later: unprivileged, ten changes a second are taken on the whole machine.
bool lowerPriority(pid_t leader);

}  // namespace faasbatch::native
