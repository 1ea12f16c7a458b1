// The value of a program.
#pragma once

#include "lib/cel/budget.h"
#include "lib/cel/expression.h"
#include "lib/cel/resolve.h"

namespace faasbatch::cel {

// Recursion is bounded by the height of the tree. Each variable is asked for at most once.
Evaluated evaluate(const Program& program, const Activation& activation, Budget& budget);

}  // namespace faasbatch::cel
