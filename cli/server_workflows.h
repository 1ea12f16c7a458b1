// FunctionWorkflows that an agent keeps itself.
#pragma once

#include <memory>

#include "cli/workflows.h"

namespace faasbatch::cli {

class Api;

// Over its HTTP API; manifests are compiled here first. `api` must outlive it. `nameSpaceGiven`: a manifest
// of another namespace is a fault, and goes to its own otherwise.
std::unique_ptr<Workflows> serverWorkflows(Api& api, bool nameSpaceGiven);

}  // namespace faasbatch::cli
