#include <algorithm>
#include <charconv>
#include <chrono>

#include "lib/base/time.h"

namespace faasbatch::base {
namespace {

// Takes pieces off a text's front; once one is missing, nothing is right any more.
struct Pieces {
  std::string_view text;
  bool good = true;

  int digits(std::size_t count, int most) {
    int value = 0;
    const char* const end = text.begin() + std::min(count, text.size());
    const auto read = std::from_chars(text.begin(), end, value);
    good = good && text.size() >= count && read.ptr == end && text.front() != '-' && value <= most;
    text.remove_prefix(std::min(count, text.size()));
    return value;
  }

  char any(std::string_view allowed) {
    good = good && !text.empty() && allowed.find(text.front()) != allowed.npos;
    if (!good) return '\0';
    const char c = text.front();
    text.remove_prefix(1);
    return c;
  }

  std::int64_t fraction() {
    if (!text.starts_with('.')) return 0;
    text.remove_prefix(1);
    std::int64_t ns = 0;
    std::int64_t unit = 100'000'000;
    good = good && !text.empty() && text.front() >= '0' && text.front() <= '9';
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10) {
      ns += (text.front() - '0') * unit;
    }
    return ns;
  }

  int offsetMinutes() {
    const char sign = any("Zz+-");
    if (sign == 'Z' || sign == 'z' || !good) return 0;
    const int hours = digits(2, 23);
    any(":");
    const int minutes = hours * 60 + digits(2, 59);
    return sign == '-' ? -minutes : minutes;
  }
};

}  // namespace

std::optional<Instant> parseRfc3339(std::string_view text) {
  constexpr int kLastYear = 2261;
  Pieces pieces{text};
  const std::chrono::year year{pieces.digits(4, kLastYear)};
  pieces.any("-");
  const std::chrono::month month{static_cast<unsigned>(pieces.digits(2, 12))};
  pieces.any("-");
  const std::chrono::day day{static_cast<unsigned>(pieces.digits(2, 31))};
  pieces.any("Tt ");
  const std::chrono::hours hours{pieces.digits(2, 23)};
  pieces.any(":");
  const std::chrono::minutes minutes{pieces.digits(2, 59)};
  pieces.any(":");
  const std::chrono::seconds seconds{pieces.digits(2, 60)};  // 60: a leap second
  const Duration fraction{pieces.fraction()};
  const std::chrono::minutes offset{pieces.offsetMinutes()};
  const std::chrono::year_month_day date = year / month / day;
  if (!pieces.good || !pieces.text.empty() || !date.ok() || year < std::chrono::year(1970))
    return std::nullopt;
  const Duration sinceEpoch = std::chrono::sys_days(date).time_since_epoch();
  return Instant{(sinceEpoch + hours + minutes + seconds + fraction - offset).count()};
}

}  // namespace faasbatch::base
