// FunctionWorkflows at the API server.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/cluster/api_server.h"
#include "cli/workflows.h"

namespace faasbatch::cli {

// What kubectl would print of a meta.k8s.io/v1 Table: names in capitals, of the columns those of priority 0
// unless all are `shown`; `heading`: with them in front. Kind "InvalidResponse". Pure.
base::Result<Workflows::Rows> rowsOfTable(std::string_view json, const Shown& shown, bool heading);

struct ClusterWorkflowOptions {
  std::string nameSpace;
  bool nameSpaceGiven = false;  // by the user: a manifest that names another is refused
  bool dryRun = false;          // apply: nothing is kept
  bool forceConflicts = false;  // apply: take fields over from others
};

// apply() is server-side apply with the field manager "faasbatch" and strict validation: the API server, its
// schema and the operator's webhook judge. `api` must outlive it.
std::unique_ptr<Workflows> clusterWorkflows(ApiServer& api, ClusterWorkflowOptions options);

}  // namespace faasbatch::cli
