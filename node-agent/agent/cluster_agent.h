// The agent of a Kubernetes node (docs/cluster.md).
#pragma once

#include <memory>

#include "node-agent/agent/agent.h"

namespace faasbatch::agent {

// Its health is served when this returns; the rest comes up as the API server answers, and /readyz says what
// is missing. Error kinds: those of Agent::start(), and of ClusterParts::make().
base::Result<std::unique_ptr<Agent>> startClusterAgent(net::EventLoop& loop, const Options& options);

}  // namespace faasbatch::agent
