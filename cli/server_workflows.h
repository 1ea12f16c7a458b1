// FunctionWorkflows that an agent keeps itself.
#pragma once

#include <memory>

#include "cli/workflows.h"

namespace faasbatch::cli {

class Api;

// Over its HTTP API; manifests are compiled here first. `api` must outlive it.
std::unique_ptr<Workflows> serverWorkflows(Api& api);

}  // namespace faasbatch::cli
