// String and bytes literals.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace faasbatch::cel {

struct Literal {
  std::string content;
  std::size_t bytes = 0;  // of source, quotes included
};

struct LiteralProblem {
  std::string message;
  std::size_t offset = 0;  // from the opening quote
};

// Reads the literal whose opening quote, single or triple, is source[0] (a prefix such as `br` is cut off).
// In bytes, octal and \x escapes are bytes; in strings, code points. Line ends become \n.
std::expected<Literal, LiteralProblem> readLiteral(std::string_view source, bool raw, bool isBytes);

}  // namespace faasbatch::cel
