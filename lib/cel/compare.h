// Equality and order of values (language definition, "Equality" and "Ordering").
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "lib/cel/value.h"

namespace faasbatch::cel {

bool isNumber(const Value& value);

// The order of two numbers of any kinds by their mathematical value; unordered with NaN.
std::partial_ordering compareNumbers(const Value& a, const Value& b);

// Nothing: the two have no order (differing kinds, or a kind without one such as list, map and null).
std::optional<std::partial_ordering> compareValues(const Value& a, const Value& b);

// Steps an equality test of the two costs, without doing it: 1, and the sizes of what both hold. Looks no
// further than `limit` steps.
std::uint64_t equalityCost(const Value& a, const Value& b, std::uint64_t limit);

// Steps looking up such a key costs.
std::uint64_t keyCost(const Value& key);

}  // namespace faasbatch::cel
