#include "lib/workflow/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace faasbatch::workflow {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 16> kSuffixes{{{"", 1},
                                                                         {"n", 1e-9},
                                                                         {"u", 1e-6},
                                                                         {"m", 1e-3},
                                                                         {"k", 1e3},
                                                                         {"M", 1e6},
                                                                         {"G", 1e9},
                                                                         {"T", 1e12},
                                                                         {"P", 1e15},
                                                                         {"E", 1e18},
                                                                         {"Ki", 0x1p10},
                                                                         {"Mi", 0x1p20},
                                                                         {"Gi", 0x1p30},
                                                                         {"Ti", 0x1p40},
                                                                         {"Pi", 0x1p50},
                                                                         {"Ei", 0x1p60}}};
// So that what decimal fractions lose in binary ones is not rounded up.
constexpr double kSlack = 1 - 1e-15;

bool digit(char c) { return c >= '0' && c <= '9'; }

// Takes "12", "12.", "12.5" or ".5" off the front.
std::optional<std::string_view> takeNumber(std::string_view& text) {
  std::size_t i = 0;
  bool digits = false;
  for (; i < text.size() && digit(text[i]); ++i) digits = true;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && digit(text[i]); ++i) digits = true;
  }
  if (!digits) return {};
  const std::string_view number = text.substr(0, i);
  text.remove_prefix(i);
  return number;
}

double read(std::string_view number) {
  double value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);  // out of range: 0 or infinity
  return value;
}

std::optional<double> suffixScale(std::string_view suffix) {
  for (const auto& [name, scale] : kSuffixes) {
    if (name == suffix) return scale;
  }
  if (suffix[0] != 'e' && suffix[0] != 'E') return {};
  suffix.remove_prefix(1);
  const bool minus = suffix.starts_with('-');
  if (minus || suffix.starts_with('+')) suffix.remove_prefix(1);
  const auto exponent = takeNumber(suffix);
  if (!exponent || !suffix.empty() || exponent->contains('.')) return {};
  return std::pow(10, minus ? -read(*exponent) : read(*exponent));
}

}  // namespace

std::optional<std::int64_t> parseQuantityMilli(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto number = takeNumber(text);
  if (!number) return {};
  const auto scale = suffixScale(text);
  if (!scale) return {};
  const double milli = std::ceil(read(*number) * *scale * 1000 * kSlack);
  if (!(milli < 9.2e18)) return INT64_MAX;
  return static_cast<std::int64_t>(milli);
}

}  // namespace faasbatch::workflow
