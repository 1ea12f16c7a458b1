// Time as the whole product counts it: nanoseconds since the Unix epoch, read from a clock that never steps
// back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faasbatch::base {

using Duration = std::chrono::nanoseconds;

// A point in time. Ordered, trivially copyable; differences are Durations.
// The wall clock is read once a process; from then on the steady clock carries it, so an administrator who
// sets the clock back an hour moves no deadline and makes no duration negative.
struct Instant {
  std::int64_t ns = 0;

  static constexpr Instant never() { return {INT64_MAX}; }

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Duration operator-(Instant a, Instant b) { return Duration(a.ns - b.ns); }
  // Saturates at never(): a deadline of "now + forever" is never, not the past.
  friend constexpr Instant operator+(Instant t, Duration d) {
    if (d.count() > 0 && t.ns > INT64_MAX - d.count()) return never();
    return {t.ns + d.count()};
  }
};

// Where the time comes from. Every part that needs it is given one; tests give a FakeClock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// The process's clock as described at Instant. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

// A clock that moves only when told. Not thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant start = {1'700'000'000'000'000'000}) : now_(start) {}
  Instant now() const override { return now_; }
  void advance(Duration d) { now_ = now_ + d; }

 private:
  Instant now_;
};

// "2026-01-02T03:04:05.678901Z" (RFC 3339, UTC, microseconds).
std::string formatRfc3339(Instant t);

// RFC 3339 with any offset and fraction (digits behind the ninth are dropped), of the years 1970 to 2261.
// Nothing where `text` is none.
std::optional<Instant> parseRfc3339(std::string_view text);

// Milliseconds as the API shows durations, and back.
constexpr double toMillis(Duration d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace faasbatch::base
