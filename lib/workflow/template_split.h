// Cuts a string of a template into what stands as it is and what is an expression.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::workflow {

// Where something is inside a string: line and column count from 1, columns in code points.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

Position positionAt(std::string_view text, std::size_t offset);

struct Piece {
  bool expression = false;
  std::string text;  // an expression without its ${ and }
  Position start;    // of an expression's first character
};

struct SplitError {
  std::string message;
  Position position;
};

// "${" opens an expression, up to the "}" that closes it: braces inside string literals of CEL (all kinds),
// backquoted names, comments and nested maps do not. "$${" is a literal "${". Neighbouring literal text is
// one piece.
std::expected<std::vector<Piece>, SplitError> splitTemplate(std::string_view text);

}  // namespace faasbatch::workflow
