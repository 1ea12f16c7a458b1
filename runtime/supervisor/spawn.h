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

// Starts `argv` with exactly the environment `env` in a session of its own, descriptors as
// docs/worker-protocol.md says and no others, the limit of descriptors as it was before
// base::raiseDescriptorLimit(), default signals, killed when the supervisor's main thread ends. Kind
// "SpawnFailed".
base::Result<Spawned> spawn(const std::vector<std::string>& argv, const std::vector<std::string>& env);

}  // namespace faasbatch::supervisor
