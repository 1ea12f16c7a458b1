// The operators on values (language definition, "Standard Definitions"): what overflows, divides by zero or
// has no overload for its operands fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/cel/budget.h"
#include "lib/cel/syntax.h"
#include "lib/cel/value.h"

namespace faasbatch::cel {

std::string_view symbolOf(BinaryOperator op);

// Charges what the size of the operands costs; the operator itself is charged by the caller.
Evaluated applyBinary(BinaryOperator op, const Value& a, const Value& b, Budget& budget,
                      std::uint32_t offset);

Evaluated negate(const Value& value, std::uint32_t offset);
Evaluated logicalNot(const Value& value, std::uint32_t offset);

// `operand[index]`: lists by whole numbers of any kind, maps by key.
Evaluated applyIndex(const Value& operand, const Value& index, Budget& budget, std::uint32_t offset);

// `operand.field`, or whether it is there.
Evaluated applySelect(const Value& operand, std::string_view field, std::uint32_t offset);
Evaluated applyHas(const Value& operand, std::string_view field, std::uint32_t offset);

// A value as a message shows it: short, and quoted if it is a string.
std::string showValue(const Value& value);

}  // namespace faasbatch::cel
