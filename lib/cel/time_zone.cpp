#include "lib/cel/time_zone.h"

#include <absl/time/time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "lib/cel/number_text.h"

namespace faasbatch::cel {
namespace {

using Zone = std::expected<absl::TimeZone, std::string>;

constexpr std::size_t kMaxNameBytes = 64;
constexpr int kMaxHours = 23;
constexpr int kMaxMinutes = 59;

std::unexpected<std::string> unknown(std::string_view zone) {
  return std::unexpected("unknown time zone \"" + std::string(zone.substr(0, kMaxNameBytes)) +
                         "\"; use a name such as \"Europe/Berlin\" or an offset such as \"+02:00\"");
}

Zone fixedZone(std::string_view zone, std::size_t colon) {
  const auto hours = parseInt(zone.substr(0, colon));
  const auto minutes = parseInt(zone.substr(colon + 1));
  if (!hours || !minutes || *hours < -kMaxHours || *hours > kMaxHours || *minutes < 0 ||
      *minutes > kMaxMinutes)
    return unknown(zone);
  const auto offset = static_cast<int>(*hours * 60 + (zone.starts_with('-') ? -*minutes : *minutes));
  return absl::FixedTimeZone(offset * 60);
}

// Of letters, digits and _ + - with single slashes between: the loader would take a path, too.
bool isZoneName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return name.size() <= kMaxNameBytes && std::ranges::all_of(name, allowed) && !name.starts_with('/') &&
         name.find("//") == std::string_view::npos;
}

// The loader remembers every name it was ever given, so it is given only those of files there are.
bool isInstalled(std::string_view name) {
  const char* const configured =
      std::getenv("TZDIR");  // NOLINT(concurrency-mt-unsafe): never set by this process
  const std::filesystem::path root = configured != nullptr ? configured : "/usr/share/zoneinfo";
  std::error_code error;
  return std::filesystem::is_regular_file(root / name, error);
}

Zone namedZone(std::string_view name) {
  if (name.empty() || name == "UTC") return absl::UTCTimeZone();
  absl::TimeZone zone;
  if (!isZoneName(name) || !isInstalled(name) || !absl::LoadTimeZone(std::string(name), &zone))
    return unknown(name);
  return zone;
}

}  // namespace

std::expected<CivilTime, std::string> civilTime(std::int64_t unixSeconds, std::string_view zone) {
  const std::size_t colon = zone.find(':');
  const Zone found = colon == std::string_view::npos ? namedZone(zone) : fixedZone(zone, colon);
  if (!found) return std::unexpected(found.error());
  const absl::CivilSecond civil = found->At(absl::FromUnixSeconds(unixSeconds)).cs;
  const absl::CivilDay day(civil);
  CivilTime time;
  time.year = static_cast<int>(civil.year());
  time.month = civil.month() - 1;
  time.day = civil.day();
  time.dayOfYear = absl::GetYearDay(day) - 1;
  time.dayOfWeek = (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;  // absl begins with Monday
  time.hour = civil.hour();
  time.minute = civil.minute();
  time.second = civil.second();
  return time;
}

}  // namespace faasbatch::cel
