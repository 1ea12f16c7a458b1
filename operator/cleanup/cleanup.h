// Before an uninstall: what the release would leave behind.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/kube/client_thread.h"

namespace faasbatch::cleanup {

inline constexpr base::Duration kLookEvery = std::chrono::seconds(1);  // while something ends

struct Cleaned {
  std::vector<std::string> done;  // one line each, for people: what was removed
};

// Blocks. In this order: ends the operators and the agents, so that nothing is made anew; removes the
// function pods of all namespaces, the NetworkPolicies, and what the operator made in `nameSpace`:
// certificates with their authority, the bundle, the Lease. What is not there is no fault.
// CustomResourceDefinitions and users' objects stay, FunctionWorkflows too; the webhook's configuration is
// the chart's to remove. Kind "CleanupIncomplete": after `time` something is still there, or the API server
// says no; the message has what, and what was done. May be run again.
base::Result<Cleaned> cleanUp(kube::ClientThread& client, const std::string& nameSpace, base::Duration time);

}  // namespace faasbatch::cleanup
