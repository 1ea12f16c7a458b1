// The modes Threads and Exclusive: every thread waits on the socket for itself.
#pragma once

#include "runtime/workers/native/library.h"

namespace faasbatch::native {

// Serves calls from `socket` until the supervisor has gone; never returns. The calling thread is the first of
// the pool; one more is started whenever a call comes and nobody else waits, up to `limit` and one that takes
// Cancel frames. There are no hand-offs: the thread that the kernel gives a frame runs its call and sends its
// result.
[[noreturn]] void serveThreads(const LoadRequest& load, int socket);

}  // namespace faasbatch::native
