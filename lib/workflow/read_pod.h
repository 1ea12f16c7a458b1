// The fields of a function that mean what they mean in a pod.
#pragma once

#include "lib/workflow/fields.h"
#include "lib/workflow/function.h"

namespace faasbatch::workflow {

// env, envFrom, resources, nodeSelector and tolerations: into `spec.env` and `spec.podJson`.
void readPod(const Fields& function, FunctionSpec& spec);

}  // namespace faasbatch::workflow
