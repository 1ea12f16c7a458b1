#include "lib/cel/literal.h"

#include <optional>

#include "lib/cel/number_text.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

std::optional<char> simpleEscape(char c) {
  static constexpr std::string_view kNames = "abfnrtv\\'\"`?";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"`?";
  const std::size_t at = kNames.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return kMeanings[at];
}

struct NumericEscape {
  std::size_t skip = 0;    // letters before the digits
  std::size_t digits = 0;  // none: not a numeric escape
  int base = 16;
  bool codePoint = false;  // never a byte
};

NumericEscape numericEscape(char c) {
  if (c == 'x' || c == 'X') return {1, 2, 16, false};
  if (c == 'u') return {1, 4, 16, true};
  if (c == 'U') return {1, 8, 16, true};
  if (c >= '0' && c <= '3') return {0, 3, 8, false};
  return {};
}

// Appends what the escape at source[0] == '\\' means and returns its length, or what is wrong with it.
std::expected<std::size_t, std::string> readEscape(std::string_view source, bool isBytes, std::string& out) {
  if (source.size() < 2) return std::unexpected("the text ends in an escape");
  if (const auto simple = simpleEscape(source[1])) {
    out += *simple;
    return 2;
  }
  const NumericEscape escape = numericEscape(source[1]);
  if (escape.digits == 0)
    return std::unexpected("unknown escape \"\\" +
                           std::string(source.substr(1, codePointBytes(source.substr(1)))) +
                           "\"; a backslash is written \"\\\\\"");
  const std::string_view digits = source.substr(1 + escape.skip, escape.digits);
  const auto code = digits.size() == escape.digits ? parseUint(digits, escape.base) : std::nullopt;
  const std::string written = "\"" + std::string(source.substr(0, 2)) + "\"";
  if (!code)
    return std::unexpected(written + " needs " + std::to_string(escape.digits) +
                           (escape.base == 8 ? " octal" : " hexadecimal") + " digits");
  if (isBytes) {
    if (escape.codePoint) return std::unexpected(written + " is for strings, not for bytes");
    out += static_cast<char>(*code);
  } else {
    if (!isCodePoint(static_cast<std::uint32_t>(*code)))
      return std::unexpected(written + " names no code point");
    appendUtf8(static_cast<std::uint32_t>(*code), out);
  }
  return 1 + escape.skip + escape.digits;
}

}  // namespace

std::expected<Literal, LiteralProblem> readLiteral(std::string_view source, bool raw, bool isBytes) {
  const char quote = source[0];
  const bool triple = source.size() >= 3 && source[1] == quote && source[2] == quote;
  const std::string_view closing = source.substr(0, triple ? 3 : 1);
  Literal literal;
  std::size_t at = closing.size();
  while (at < source.size()) {
    if (source.substr(at).starts_with(closing)) {
      literal.bytes = at + closing.size();
      return literal;
    }
    const char c = source[at];
    if (c == '\\' && !raw) {
      const auto bytes = readEscape(source.substr(at), isBytes, literal.content);
      if (!bytes) return std::unexpected(LiteralProblem{bytes.error(), at});
      at += *bytes;
      continue;
    }
    if (c == '\n' || c == '\r') {
      if (!triple) break;
      if (c == '\r' && source.substr(at).starts_with("\r\n")) ++at;
      literal.content += '\n';
    } else {
      literal.content += c;
    }
    ++at;
  }
  return std::unexpected(LiteralProblem{"the text is not closed with " + std::string(closing), 0});
}

}  // namespace faasbatch::cel
