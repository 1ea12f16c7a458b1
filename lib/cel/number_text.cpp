#include "lib/cel/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace faasbatch::cel {
namespace {

constexpr int kLeastPlainExponent = -4;
constexpr int kMaxPlainDigits = 6;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool sameWord(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {}, lower);
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// std::from_chars reads a little more than this and nothing less.
bool looksDecimal(std::string_view text) { return !text.empty() && (isDigit(text[0]) || text[0] == '.'); }

// Out of range means too large or too small: the sign of the exponent of the first digit that is not zero
// decides.
bool isTiny(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  long long exponent = 0;
  if (e < text.size()) {
    std::string_view digits = text.substr(e + 1);
    const bool negative = digits.starts_with('-');
    if (digits.starts_with('+') || negative) digits.remove_prefix(1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (read.ec != std::errc()) exponent = std::numeric_limits<int>::max();
    if (negative) exponent = -exponent;
  }
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return true;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  exponent += static_cast<long long>(point) - static_cast<long long>(first);
  return exponent < 0;
}

}  // namespace

std::string doubleText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::array<char, 64> text{};
  char* const begin = text.data();
  const auto scientific = std::to_chars(begin, begin + text.size(), number, std::chars_format::scientific);
  const std::string_view written(begin, static_cast<std::size_t>(scientific.ptr - begin));
  int exponent = 0;
  const std::size_t e = written.find('e') + 1;
  std::from_chars(written.data() + e + (written[e] == '+' ? 1 : 0), scientific.ptr, exponent);
  if (exponent < kLeastPlainExponent || exponent >= kMaxPlainDigits) return std::string(written);
  std::array<char, 512> plain{};
  const auto end =
      std::to_chars(plain.data(), plain.data() + plain.size(), number, std::chars_format::fixed).ptr;
  return {plain.data(), end};
}

std::optional<double> parseDouble(std::string_view text) {
  if (sameWord(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  if (sameWord(text, "inf") || sameWord(text, "infinity")) {
    number = std::numeric_limits<double>::infinity();
  } else {
    if (!looksDecimal(text)) return std::nullopt;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ptr != text.data() + text.size()) return std::nullopt;
    if (read.ec == std::errc::result_out_of_range) {
      if (!isTiny(text)) return std::nullopt;
      number = 0;
    } else if (read.ec != std::errc()) {
      return std::nullopt;
    }
  }
  return negative ? -number : number;
}

std::optional<std::int64_t> parseInt(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parseUint(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace faasbatch::cel
