// The words of the language.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::cel {

enum class TokenKind {
  kEnd,
  kIdentifier,
  kQuotedIdentifier,  // `a-b`, for fields only
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTrue,
  kFalse,
  kNull,
  kIn,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kNot,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kQuestion,
  kColon,
  kDot,
  kComma,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint32_t offset = 0;   // in bytes
  std::string_view source;    // as it stands in the text
  std::string text;           // of an identifier, a string or bytes, without quotes and escapes
  std::uint64_t integer = 0;  // of kInt (the magnitude) and kUint
  double real = 0;            // of kDouble
};

}  // namespace faasbatch::cel
