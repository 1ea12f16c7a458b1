// The CustomResourceDefinition of FunctionWorkflow.
#pragma once

#include <string>

namespace faasbatch::crds {

// The YAML text of crds/faasbatch.io_functionworkflows.yaml.
std::string functionWorkflowDefinition();

}  // namespace faasbatch::crds
