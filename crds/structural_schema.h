// A table of fields (lib/workflow/schema.h) as a structural OpenAPI v3 schema, as CustomResourceDefinitions
// have it.
#pragma once

#include "lib/tree/tree.h"
#include "lib/workflow/schema.h"

namespace faasbatch::crds {

// Lists of steps recurse, a structural schema cannot: the root list and this many levels of lists inside it
// are spelled out; those inside the last are kept as they are, and checked by the webhook and the operator.
inline constexpr int kSpelledLevels = 2;

// `map` as an object. CEL rules (unions, rules between fields, bounds of durations) stand only outside of
// nested lists of steps: the API server counts what a rule may cost with every list as long as it may be, and
// 2 000 steps in each of 2 000 are more than it lets anybody spend.
tree::Tree structuralSchema(const workflow::MapSchema& map);

}  // namespace faasbatch::crds
