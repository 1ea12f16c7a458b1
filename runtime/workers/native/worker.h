// The native worker: the program that runs functions out of shared objects.
#pragma once

namespace faasbatch::native {

// Speaks docs/worker-protocol.md on descriptor 3 until the supervisor has gone. Returns an exit status: 0 at
// the end of the socket, 70 when a frame breaks the protocol. While calls are served the process ends without
// returning.
int runWorker();

}  // namespace faasbatch::native
