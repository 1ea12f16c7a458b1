// What the operator writes into the status of a FunctionWorkflow, as a table.
#pragma once

#include "lib/workflow/schema.h"

namespace faasbatch::crds {

const workflow::MapSchema& statusSchema();

}  // namespace faasbatch::crds
