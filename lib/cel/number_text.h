// Numbers as text, as string(), int(), uint() and double() read and write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faasbatch::cel {

// The shortest text that reads back as the same double: plain up to six digits before the point and four
// zeros behind it, else with an exponent of at least two digits ("1e+06"). "NaN", "+Inf", "-Inf".
std::string doubleText(double number);

// A decimal number, or "inf" or "infinity" in any case, with an optional sign, or "nan" without one. Nothing:
// anything else, and what is beyond the largest double. What is too small for a double is zero.
std::optional<double> parseDouble(std::string_view text);

// Decimal digits with an optional sign (the uint without one). Nothing: anything else, and what does not fit.
std::optional<std::int64_t> parseInt(std::string_view text);
std::optional<std::uint64_t> parseUint(std::string_view text, int base = 10);

}  // namespace faasbatch::cel
