#include "lib/base/time.h"

#include <cstdio>
#include <ctime>

namespace faasbatch::base {

Instant SystemClock::now() const {
  using std::chrono::steady_clock;
  using std::chrono::system_clock;
  static const auto wallStart = std::chrono::duration_cast<Duration>(system_clock::now().time_since_epoch());
  static const auto steadyStart = steady_clock::now();
  return {(wallStart + (steady_clock::now() - steadyStart)).count()};
}

std::string formatRfc3339(Instant t) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  std::int64_t seconds = t.ns / kNsPerSecond;
  std::int64_t rest = t.ns % kNsPerSecond;
  if (rest < 0) {
    rest += kNsPerSecond;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%06lldZ", date, static_cast<long long>(rest / 1000));
  return text;
}

}  // namespace faasbatch::base
