#include "lib/cel/time_text.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace faasbatch::cel {
namespace {

constexpr std::uint64_t kDurationBound = 1ULL << 63;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

struct Unit {
  std::string_view name;
  std::uint64_t nanos;
};

// A unit whose name begins another's comes behind it.
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},  // micro sign
                                         {"\u03bcs", 1'000},  // Greek letter mu
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

std::optional<std::uint64_t> takeUnit(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != '.' && !isDigit(text[end])) ++end;
  const std::string_view name = text.substr(0, end);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    text.remove_prefix(end);
    return unit.nanos;
  }
  return std::nullopt;
}

// One number with its unit, in nanoseconds, at most kDurationBound.
std::optional<std::uint64_t> takeTerm(std::string_view& text) {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  double scale = 1;
  bool anyDigit = false;
  for (; !text.empty() && isDigit(text[0]); text.remove_prefix(1)) {
    anyDigit = true;
    if (whole > (kDurationBound - 9) / 10) return std::nullopt;
    whole = whole * 10 + static_cast<std::uint64_t>(text[0] - '0');
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    for (; !text.empty() && isDigit(text[0]); text.remove_prefix(1)) {
      anyDigit = true;
      if (fraction > (kDurationBound - 9) / 10) continue;  // far behind the last nanosecond
      fraction = fraction * 10 + static_cast<std::uint64_t>(text[0] - '0');
      scale *= 10;
    }
  }
  if (!anyDigit) return std::nullopt;
  const auto unit = takeUnit(text);
  if (!unit || whole > kDurationBound / *unit) return std::nullopt;
  const auto nanos = whole * *unit + static_cast<std::uint64_t>(static_cast<double>(fraction) *
                                                                (static_cast<double>(*unit) / scale));
  if (nanos > kDurationBound) return std::nullopt;
  return nanos;
}

// So many digits, or nothing.
std::optional<int> takeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!isDigit(text[i])) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

// "YYYY-MM-DDThh:mm:ss" as seconds since the epoch.
std::optional<std::int64_t> takeDateTime(std::string_view& text) {
  const auto year = takeDigits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = takeDigits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = takeDigits(text, 2);
  if (!day || !take(text, 'T')) return std::nullopt;
  const auto hour = takeDigits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = takeDigits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = takeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * 86'400 + *hour * 3'600 + *minute * 60 + *second;
}

std::optional<std::int32_t> takeFraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  std::int32_t nanos = 0;
  std::int32_t weight = 100'000'000;
  std::size_t digits = 0;
  for (; !text.empty() && isDigit(text[0]); text.remove_prefix(1), ++digits) {
    nanos += weight * (text[0] - '0');
    weight /= 10;
  }
  if (digits == 0) return std::nullopt;
  return nanos;
}

// "Z", "+hh:mm" or "-hh:mm" at the end, in seconds east of UTC.
std::optional<std::int64_t> takeOffset(std::string_view text) {
  if (take(text, 'Z')) return text.empty() ? std::optional<std::int64_t>(0) : std::nullopt;
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = takeDigits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = takeDigits(text, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  const std::int64_t seconds = *hours * 3'600 + *minutes * 60;
  return west ? -seconds : seconds;
}

// ".5", or nothing where there is no fraction.
std::string fractionText(std::int64_t nanos) {
  if (nanos == 0) return "";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), ".%09lld", static_cast<long long>(nanos));
  std::string fraction(text.data());
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction;
}

bool inRange(std::int64_t seconds) {
  return seconds >= kMinTimestampSeconds && seconds <= kMaxTimestampSeconds;
}

}  // namespace

std::optional<std::int64_t> parseDuration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto term = takeTerm(text);
    if (!term || *term > kDurationBound - total) return std::nullopt;
    total += *term;
  }
  if (negative) return static_cast<std::int64_t>(0 - total);
  if (total == kDurationBound) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

std::string durationText(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / kNanosPerSecond;
  const std::int64_t rest = nanoseconds % kNanosPerSecond;
  std::string text = nanoseconds < 0 && seconds == 0 ? "-0" : std::to_string(seconds);
  return text + fractionText(rest < 0 ? -rest : rest) + "s";
}

std::optional<Instant> parseTimestamp(std::string_view text) {
  const auto local = takeDateTime(text);
  if (!local) return std::nullopt;
  const auto nanos = takeFraction(text);
  if (!nanos) return std::nullopt;
  const auto offset = takeOffset(text);
  if (!offset || !inRange(*local - *offset)) return std::nullopt;
  return Instant{*local - *offset, *nanos};
}

std::string timestampText(std::int64_t seconds, std::int32_t nanos) {
  const std::chrono::sys_seconds instant{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const auto clock = static_cast<int>((instant - day).count());
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock / 3600,
                clock / 60 % 60, clock % 60);
  return text.data() + fractionText(nanos) + "Z";
}

std::optional<Instant> addDuration(Instant instant, std::int64_t nanoseconds) {
  std::int64_t seconds = instant.seconds + nanoseconds / kNanosPerSecond;
  std::int64_t nanos = instant.nanos + nanoseconds % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  } else if (nanos >= kNanosPerSecond) {
    nanos -= kNanosPerSecond;
    ++seconds;
  }
  if (!inRange(seconds)) return std::nullopt;
  return Instant{seconds, static_cast<std::int32_t>(nanos)};
}

std::optional<std::int64_t> difference(Instant a, Instant b) {
  std::int64_t nanoseconds = 0;
  if (__builtin_mul_overflow(a.seconds - b.seconds, kNanosPerSecond, &nanoseconds)) return std::nullopt;
  if (__builtin_add_overflow(nanoseconds, std::int64_t{a.nanos} - b.nanos, &nanoseconds)) return std::nullopt;
  return nanoseconds;
}

}  // namespace faasbatch::cel
