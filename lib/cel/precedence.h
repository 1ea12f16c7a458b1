// Tables of the grammar: the binary operators by their precedence, and the reserved words.
#pragma once

#include <array>
#include <string_view>

#include "lib/cel/syntax.h"
#include "lib/cel/token.h"

namespace faasbatch::cel {

struct OperatorToken {
  TokenKind token;
  BinaryOperator op;
};

// Levels of precedence between && and the unary operators, loosest first.
inline constexpr std::array<OperatorToken, 7> kRelations = {
    {{TokenKind::kEqual, BinaryOperator::kEqual},
     {TokenKind::kNotEqual, BinaryOperator::kNotEqual},
     {TokenKind::kLess, BinaryOperator::kLess},
     {TokenKind::kLessEqual, BinaryOperator::kLessEqual},
     {TokenKind::kGreater, BinaryOperator::kGreater},
     {TokenKind::kGreaterEqual, BinaryOperator::kGreaterEqual},
     {TokenKind::kIn, BinaryOperator::kIn}}};
inline constexpr std::array<OperatorToken, 2> kSums = {
    {{TokenKind::kPlus, BinaryOperator::kAdd}, {TokenKind::kMinus, BinaryOperator::kSubtract}}};
inline constexpr std::array<OperatorToken, 3> kProducts = {{{TokenKind::kStar, BinaryOperator::kMultiply},
                                                            {TokenKind::kSlash, BinaryOperator::kDivide},
                                                            {TokenKind::kPercent, BinaryOperator::kModulo}}};

// Words kept for other languages that embed this one; fields and methods may be called so, variables may not.
inline constexpr std::array<std::string_view, 17> kReserved = {
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

}  // namespace faasbatch::cel
