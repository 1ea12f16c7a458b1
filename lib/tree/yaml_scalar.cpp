#include "lib/tree/yaml_scalar.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "lib/json/quote_name.h"

namespace faasbatch::tree {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

std::size_t countDigits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && digit(text[n])) ++n;
  return n;
}

bool oneOf(std::string_view text, std::string_view a, std::string_view b, std::string_view c) {
  return text == a || text == b || text == c;
}

// "0o17" and "0x1F"; an empty text where it is neither.
base::Result<std::string> basedInteger(std::string_view text) {
  if (text.size() < 3 || text[0] != '0' || (text[1] != 'o' && text[1] != 'x')) return std::string();
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 2, end, value, text[1] == 'x' ? 16 : 8);
  if (rest != end) return std::string();
  if (error == std::errc::result_out_of_range) {
    return base::fail("InvalidYaml", "the number " + json::quoteName(text) + " does not fit 64 bits");
  }
  return std::to_string(value);
}

// A decimal number in JSON's form; empty where the text is none.
std::string decimal(std::string_view text) {
  std::string out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    if (text[0] == '-') out = "-";
    text.remove_prefix(1);
  }
  const std::size_t whole = countDigits(text);
  std::string_view integer = text.substr(0, whole);
  text.remove_prefix(whole);
  std::string_view fraction;
  const bool point = text.starts_with('.');
  if (point) {
    text.remove_prefix(1);
    fraction = text.substr(0, countDigits(text));
    text.remove_prefix(fraction.size());
  }
  if (integer.empty() && fraction.empty()) return {};
  while (integer.size() > 1 && integer[0] == '0') integer.remove_prefix(1);
  out += integer.empty() ? "0" : integer;
  if (point) {
    out += '.';
    out += fraction.empty() ? "0" : fraction;
  }
  if (text.empty()) return out == "-0" ? "0" : out;  // an integer, which has no such zero
  if (text[0] != 'e' && text[0] != 'E') return {};
  out += 'e';
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out += text[0];
    text.remove_prefix(1);
  }
  if (text.empty() || countDigits(text) != text.size()) return {};
  return out + std::string(text);
}

bool infinityOrNan(std::string_view text) {
  if (oneOf(text, ".nan", ".NaN", ".NAN")) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return oneOf(text, ".inf", ".Inf", ".INF");
}

}  // namespace

base::Result<Tree> resolvePlainScalar(std::string_view text) {
  if (text.empty() || text == "~" || oneOf(text, "null", "Null", "NULL")) return Tree{};
  if (oneOf(text, "true", "True", "TRUE")) return Tree::boolean(true);
  if (oneOf(text, "false", "False", "FALSE")) return Tree::boolean(false);
  if (infinityOrNan(text)) {
    return base::fail("InvalidYaml",
                      json::quoteName(text) + " is no number that JSON can hold: write a finite one");
  }
  auto integer = basedInteger(text);
  if (!integer) return std::unexpected(integer.error());
  if (!integer->empty()) return Tree::number(std::move(*integer));
  std::string number = decimal(text);
  if (!number.empty() && std::isinf(std::strtod(number.c_str(), nullptr)))
    return base::fail("InvalidYaml", "the number " + json::quoteName(text) + " does not fit a double");
  if (!number.empty()) return Tree::number(std::move(number));
  return Tree::string(std::string(text));
}

}  // namespace faasbatch::tree
