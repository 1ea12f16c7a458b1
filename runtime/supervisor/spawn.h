// Starting a worker's process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::supervisor {

struct Spawned {
  pid_t pid = 0;
  protocol::UniqueFd socket;  // none of these blocks
  protocol::UniqueFd output;
  protocol::UniqueFd errorOutput;
};

// Lets this process have as many descriptors as the system allows: a child of a zygote takes one each. What
// spawn() starts gets the limit as it was before.
void raiseDescriptorLimit();

// Starts `argv` with exactly the environment `env` in a session of its own, descriptors as
// docs/worker-protocol.md says and no others, default signals, killed when the supervisor's main thread ends.
// Kind "SpawnFailed".
base::Result<Spawned> spawn(const std::vector<std::string>& argv, const std::vector<std::string>& env);

}  // namespace faasbatch::supervisor
