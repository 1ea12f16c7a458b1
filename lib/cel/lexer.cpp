#include "lib/cel/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/cel/literal.h"
#include "lib/cel/number_text.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHexDigit(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isWordPart(char c) { return isLetter(c) || isDigit(c); }
bool isQuote(char c) { return c == '"' || c == '\''; }

template <class Predicate>
std::size_t lengthWhile(std::string_view text, Predicate predicate) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, predicate) - text.begin());
}

// Bytes of ".5" at the front, or none.
std::size_t fractionBytes(std::string_view text) {
  if (!text.starts_with('.')) return 0;
  const std::size_t digits = lengthWhile(text.substr(1), isDigit);
  return digits == 0 ? 0 : digits + 1;
}

// Bytes of "e+5" at the front, or none.
std::size_t exponentBytes(std::string_view text) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return 0;
  const std::size_t sign = text.size() > 1 && (text[1] == '+' || text[1] == '-') ? 1 : 0;
  const std::size_t digits = lengthWhile(text.substr(1 + sign), isDigit);
  return digits == 0 ? 0 : 1 + sign + digits;
}

// Bytes of `r`, `b` or `br` before a quote, or none.
std::size_t literalPrefixBytes(std::string_view text) {
  std::size_t bytes = text[0] == 'b' || text[0] == 'B' ? 1 : 0;
  if (bytes < text.size() && (text[bytes] == 'r' || text[bytes] == 'R')) ++bytes;
  return bytes < text.size() && isQuote(text[bytes]) ? bytes : 0;
}

struct Symbol {
  std::string_view text;
  TokenKind kind;
};

// Longer ones before those that begin them.
constexpr std::array<Symbol, 24> kSymbols = {
    {{"==", TokenKind::kEqual},        {"!=", TokenKind::kNotEqual},  {"<=", TokenKind::kLessEqual},
     {">=", TokenKind::kGreaterEqual}, {"&&", TokenKind::kAnd},       {"||", TokenKind::kOr},
     {"<", TokenKind::kLess},          {">", TokenKind::kGreater},    {"!", TokenKind::kNot},
     {"+", TokenKind::kPlus},          {"-", TokenKind::kMinus},      {"*", TokenKind::kStar},
     {"/", TokenKind::kSlash},         {"%", TokenKind::kPercent},    {"?", TokenKind::kQuestion},
     {":", TokenKind::kColon},         {".", TokenKind::kDot},        {",", TokenKind::kComma},
     {"(", TokenKind::kLeftParen},     {")", TokenKind::kRightParen}, {"[", TokenKind::kLeftBracket},
     {"]", TokenKind::kRightBracket},  {"{", TokenKind::kLeftBrace},  {"}", TokenKind::kRightBrace}}};

}  // namespace

std::unexpected<Failure> Lexer::fail(std::size_t offset, std::string message) const {
  return failure(static_cast<std::uint32_t>(offset), std::move(message));
}

Token Lexer::make(TokenKind kind, std::size_t bytes) {
  Token token;
  token.kind = kind;
  token.offset = static_cast<std::uint32_t>(at_);
  token.source = text_.substr(at_, bytes);
  at_ += bytes;
  return token;
}

void Lexer::skipBlanks() {
  while (at_ < text_.size()) {
    if (std::string_view(" \t\r\n\f").contains(text_[at_])) {
      ++at_;
    } else if (rest().starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

std::expected<Token, Failure> Lexer::next() {
  skipBlanks();
  if (at_ == text_.size()) return make(TokenKind::kEnd, 0);
  const std::string_view text = rest();
  if (isDigit(text[0]) || fractionBytes(text) > 0) return number();
  if (isQuote(text[0])) return literal(0);
  if (isLetter(text[0])) {
    const std::size_t prefix = literalPrefixBytes(text);
    if (prefix > 0) return literal(prefix);
    return word();
  }
  if (text[0] == '`') return quotedIdentifier();
  return symbol();
}

std::expected<Token, Failure> Lexer::number() {
  const std::string_view text = rest();
  const bool hex = text.starts_with("0x") && text.size() > 2 && isHexDigit(text[2]);
  std::size_t bytes = hex ? 2 + lengthWhile(text.substr(2), isHexDigit) : lengthWhile(text, isDigit);
  if (!hex) {
    const std::size_t fraction = fractionBytes(text.substr(bytes));
    const std::size_t exponent = exponentBytes(text.substr(bytes + fraction));
    if (fraction + exponent > 0) {
      Token token = make(TokenKind::kDouble, bytes + fraction + exponent);
      const auto real = parseDouble(token.source);
      if (!real)
        return fail(token.offset, "the number " + std::string(token.source) + " is too large for a double");
      token.real = *real;
      return token;
    }
  }
  const auto integer = parseUint(text.substr(hex ? 2 : 0, bytes - (hex ? 2 : 0)), hex ? 16 : 10);
  const bool isUint = bytes < text.size() && (text[bytes] == 'u' || text[bytes] == 'U');
  Token token = make(isUint ? TokenKind::kUint : TokenKind::kInt, bytes + (isUint ? 1 : 0));
  if (!integer)
    return fail(token.offset, "the number " + std::string(token.source) + " does not fit 64 bits");
  token.integer = *integer;
  return token;
}

std::expected<Token, Failure> Lexer::literal(std::size_t prefixBytes) {
  const std::string_view prefix = rest().substr(0, prefixBytes);
  const bool isBytes = prefix.find_first_of("bB") != std::string_view::npos;
  const bool raw = prefix.find_first_of("rR") != std::string_view::npos;
  auto content = readLiteral(rest().substr(prefixBytes), raw, isBytes);
  if (!content) return fail(at_ + prefixBytes + content.error().offset, std::move(content.error().message));
  Token token = make(isBytes ? TokenKind::kBytes : TokenKind::kString, prefixBytes + content->bytes);
  token.text = std::move(content->content);
  return token;
}

std::expected<Token, Failure> Lexer::word() {
  static constexpr std::array<Symbol, 4> kWords = {{{"true", TokenKind::kTrue},
                                                    {"false", TokenKind::kFalse},
                                                    {"null", TokenKind::kNull},
                                                    {"in", TokenKind::kIn}}};
  const std::string_view text = rest().substr(0, lengthWhile(rest(), isWordPart));
  const auto* const known = std::ranges::find(kWords, text, &Symbol::text);
  Token token = make(known == kWords.end() ? TokenKind::kIdentifier : known->kind, text.size());
  token.text = text;
  return token;
}

std::expected<Token, Failure> Lexer::quotedIdentifier() {
  const auto allowed = [](char c) { return isWordPart(c) || std::string_view(".-/ ").contains(c); };
  const std::size_t length = lengthWhile(rest().substr(1), allowed);
  if (length == 0 || length + 1 >= rest().size() || rest()[length + 1] != '`')
    return fail(at_,
                "a name in backquotes holds letters, digits and _ . - / and blanks, and ends in a backquote");
  Token token = make(TokenKind::kQuotedIdentifier, length + 2);
  token.text = token.source.substr(1, length);
  return token;
}

std::expected<Token, Failure> Lexer::symbol() {
  for (const Symbol& symbol : kSymbols)
    if (rest().starts_with(symbol.text)) return make(symbol.kind, symbol.text.size());
  const std::string character(rest().substr(0, codePointBytes(rest())));
  std::string message = "unexpected character \"" + character + "\"";
  if (character == "=") message += "; equality is \"==\"";
  if (character == "&" || character == "|") message += "; use \"" + character + character + "\"";
  return fail(at_, std::move(message));
}

}  // namespace faasbatch::cel
