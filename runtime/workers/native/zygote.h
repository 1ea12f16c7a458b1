// The mode Processes: a process that has the function loaded and forks a child for each call.
#pragma once

#include "runtime/workers/native/library.h"

namespace faasbatch::native {

// Serves Fork and Kill from `socket` until the supervisor has gone, then kills every child; never returns.
// One thread: a child is a clean copy. It alone reaps its children, so a Kill never hits a process that is
// not one of them.
[[noreturn]] void serveZygote(const LoadRequest& load, int socket);

}  // namespace faasbatch::native
