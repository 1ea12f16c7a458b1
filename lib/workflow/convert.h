// FaaSFlow's workflow files (ASPLOS 2022, release v1.1) to FunctionWorkflow manifests with synthetic
// functions.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::workflow {

enum class FaasflowForm { kHierarchical, kFlat };

struct ConvertOptions {
  std::string name;        // of the workflow: from the file's name; made a valid name
  double timeScale = 1.0;  // each function sleeps its run time multiplied by this
};

// The manifest as JSON text. Kinds "InvalidYaml", "InvalidWorkflow".
base::Result<std::string> convertFaasflow(std::string_view yaml, FaasflowForm form,
                                          const ConvertOptions& options);

}  // namespace faasbatch::workflow
