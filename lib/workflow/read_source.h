#pragma once

#include "lib/workflow/fields.h"
#include "lib/workflow/function.h"

namespace faasbatch::workflow {

// Where the code comes from, its handler and image, and whether they fit the runtime.
void readCode(const Fields& function, FunctionSpec& spec);

}  // namespace faasbatch::workflow
