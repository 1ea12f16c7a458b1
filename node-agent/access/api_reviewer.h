// Reviews by way of the API server.
#pragma once

#include <memory>

#include "lib/base/loop.h"
#include "lib/kube/client_thread.h"
#include "node-agent/access/guard.h"

namespace faasbatch::access {

// On `loop`, the guard's. The thread must outlive it. Errors have the API's reasons; a token is in none of
// them.
std::unique_ptr<Reviewer> makeApiReviewer(base::Loop& loop, kube::ClientThread& thread);

}  // namespace faasbatch::access
