#include "node-agent/engine/text.h"

namespace faasbatch::engine {
namespace {

// `units` thousandths as a decimal number without trailing zeros.
std::string thousandths(std::int64_t units) {
  const bool negative = units < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  std::string text = std::to_string(magnitude / 1000);
  if (const std::uint64_t rest = magnitude % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += '.' + digits;
  }
  return negative ? '-' + text : text;
}

}  // namespace

std::string millisText(base::Duration d) {
  const std::int64_t ns = d.count();
  return thousandths(ns >= 0 ? (ns / 1000) + (ns % 1000 >= 500 ? 1 : 0)
                             : (ns / 1000) - (ns % 1000 <= -500 ? 1 : 0));
}

std::string durationText(base::Duration d) {
  using namespace std::chrono_literals;
  if (d % 1min == 0ns && d != 0ns) return std::to_string(d / 1min) + "m";
  if (d >= 1s || d == 0ns) return thousandths(d / 1ms) + "s";
  return millisText(d) + "ms";
}

base::Instant instantOf(std::int64_t seconds, std::int32_t nanos) {
  constexpr std::int64_t kNanos = 1'000'000'000;
  if (seconds >= INT64_MAX / kNanos) return base::Instant::never();
  if (seconds <= INT64_MIN / kNanos) return {INT64_MIN};
  return {(seconds * kNanos) + nanos};
}

}  // namespace faasbatch::engine
