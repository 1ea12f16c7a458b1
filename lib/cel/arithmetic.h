// + - * / % on values.
#pragma once

#include <cstdint>

#include "lib/cel/budget.h"
#include "lib/cel/syntax.h"
#include "lib/cel/value.h"

namespace faasbatch::cel {

// Precondition: `op` is one of the five.
Evaluated applyArithmetic(BinaryOperator op, const Value& a, const Value& b, Budget& budget,
                          std::uint32_t offset);

// "no such overload: int + string".
std::unexpected<Failure> noOperator(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset);

}  // namespace faasbatch::cel
