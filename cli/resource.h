// Kinds of resources as users of kubectl write them.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::cli {

enum class ResourceKind { kWorkflows, kInvocations };

struct ResourceName {
  ResourceKind kind = ResourceKind::kWorkflows;
  std::string name;  // may be empty
};

// "workflows", "workflow", "fwf", "functionworkflow.faasbatch.io", "invocation", ..., and each as KIND/NAME,
// which
// `-o name` prints. Kind "Usage" with the kinds there are.
base::Result<ResourceName> parseResource(std::string_view text);

// "id" of "invocation/id" and of "id".
std::string_view bareName(std::string_view text);

}  // namespace faasbatch::cli
