#pragma once

#include "lib/tree/tree.h"

namespace faasbatch::workflow {

using tree::Tree;

// Writes out what a FunctionWorkflow leaves to the defaults, as an API server does from a schema: the object
// that is given back and hashed says everything. Fields that are given are never changed; what has a wrong
// type is left for the reader to refuse. Doing it twice changes nothing.
void applyDefaults(Tree& object, std::string_view nameSpace);

}  // namespace faasbatch::workflow
