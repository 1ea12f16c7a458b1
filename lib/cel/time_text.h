// Durations and timestamps as text, their ranges and their arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faasbatch::cel {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kMinTimestampSeconds = -62'135'596'800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kMaxTimestampSeconds = 253'402'300'799;  // 9999-12-31T23:59:59Z

struct Instant {
  std::int64_t seconds = 0;  // since the Unix epoch
  std::int32_t nanos = 0;    // 0..999'999'999
};

// "1h30m", "-1.5s", "100ms", "0": numbers with the units h, m, s, ms, us, ns. Nothing: not so, or beyond
// int64 nanoseconds.
std::optional<std::int64_t> parseDuration(std::string_view text);

// In seconds with as many digits behind the point as needed: "3.5s", "-0.000000001s".
std::string durationText(std::int64_t nanoseconds);

// RFC 3339 with upper case letters; digits behind the ninth of the fraction are dropped. Nothing:
// not so, or outside of the years 1 to 9999 in UTC.
std::optional<Instant> parseTimestamp(std::string_view text);

// RFC 3339 in UTC with as many digits behind the point as needed.
std::string timestampText(std::int64_t seconds, std::int32_t nanos);

// Nothing: out of range.
std::optional<Instant> addDuration(Instant instant, std::int64_t nanoseconds);
std::optional<std::int64_t> difference(Instant a, Instant b);

}  // namespace faasbatch::cel
