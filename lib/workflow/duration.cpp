#include "lib/workflow/duration.h"

#include <array>
#include <cstdint>

namespace faasbatch::workflow {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};

// Longer names first, so that "ms" is not read as "m".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\u00b5s", 1'000},
                                      {"\u03bcs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000}}};

constexpr std::size_t kMaxFractionDigits = 18;  // further digits are below a nanosecond of an hour

bool digit(char c) { return c >= '0' && c <= '9'; }

// Takes one "12.5ms" off the front; nothing where there is none.
std::optional<std::int64_t> takePart(std::string_view& text) {
  std::int64_t whole = 0;
  std::size_t i = 0;
  for (; i < text.size() && digit(text[i]); ++i) {
    if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, text[i] - '0', &whole))
      return {};
  }
  bool digits = i > 0;
  std::int64_t fraction = 0;
  std::int64_t scale = 1;
  if (i < text.size() && text[i] == '.') {
    const std::size_t start = ++i;
    for (; i < text.size() && digit(text[i]); ++i) {
      if (i - start >= kMaxFractionDigits) continue;
      fraction = fraction * 10 + (text[i] - '0');
      scale *= 10;
    }
    digits = digits || i > start;
  }
  if (!digits) return {};
  text.remove_prefix(i);
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    std::int64_t ns = 0;
    const auto part = static_cast<std::int64_t>(static_cast<__int128>(fraction) * unit.ns / scale);
    if (__builtin_mul_overflow(whole, unit.ns, &ns) || __builtin_add_overflow(ns, part, &ns)) return {};
    return ns;
  }
  return {};
}

}  // namespace

std::optional<base::Duration> parseDuration(std::string_view text) {
  if (text == "0") return base::Duration(0);
  if (text.empty()) return {};
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto part = takePart(text);
    if (!part || __builtin_add_overflow(total, *part, &total)) return {};
  }
  return base::Duration(total);
}

std::string formatDuration(base::Duration duration) {
  std::int64_t ns = duration.count();
  if (ns <= 0) return "0s";
  std::string text;
  for (const auto& [name, size] : std::array<Unit, 6>{{{"h", 3'600'000'000'000},
                                                       {"m", 60'000'000'000},
                                                       {"s", 1'000'000'000},
                                                       {"ms", 1'000'000},
                                                       {"us", 1'000},
                                                       {"ns", 1}}}) {
    if (ns < size) continue;
    text += std::to_string(ns / size);
    text += name;
    ns %= size;
  }
  return text;
}

}  // namespace faasbatch::workflow
