// The calendar of a time zone.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace faasbatch::cel {

struct CivilTime {
  int year = 1;       // 0 to 10000: the offset may leave the range of timestamps
  int month = 0;      // 0..11
  int day = 1;        // 1..31
  int dayOfYear = 0;  // 0..365
  int dayOfWeek = 0;  // 0..6, Sunday first
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// `zone` is a name of the IANA database ("Europe/Berlin"; "" is UTC) or a fixed offset ("+02:00", "-2:30",
// "02:00"). Fails with what is wrong with the zone.
std::expected<CivilTime, std::string> civilTime(std::int64_t unixSeconds, std::string_view zone);

}  // namespace faasbatch::cel
