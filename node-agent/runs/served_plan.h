// A FunctionWorkflow of the cluster as it is served: its spec, and what its ConfigMaps held when the operator
// accepted it. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cluster/sources.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::runs {

// The plan with the digests of its sources: in each function's `source.sha256`, and in the digests of the
// functions and the plan, so that another text makes other pods and another revision. The same plan where no
// source is a ConfigMap.
workflow::PlanPtr withSources(const workflow::PlanPtr& plan,
                              const std::vector<cluster::SourceDigest>& sources);

// Compiles an object with a status and gives its plan withSources() of the status. In `object` of what it
// returns, `status.sources` is kept where there are any, so that compiling that again gives the same.
std::expected<workflow::Compiled, std::vector<workflow::Fault>> compileServed(std::string_view object,
                                                                              std::string_view nameSpace);

}  // namespace faasbatch::runs
