// getFullYear ... getMilliseconds of timestamps, in UTC or a time zone, and getHours ... getMilliseconds of
// durations.
#include <string>

#include "lib/cel/function.h"
#include "lib/cel/time_text.h"
#include "lib/cel/time_zone.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::uint64_t kZoneCost = 10;  // looking up a time zone

template <int CivilTime::* Field, int Add = 0>
Evaluated civilField(const Invocation& call) {
  if (!call.budget.charge(kZoneCost)) return call.budget.exceeded(call.offset);
  const auto time = civilTime(call[0].asTimestampSeconds(), call.arguments.size() > 1 ? call.text(1) : "");
  if (!time) return call.fail(time.error());
  return Value::integer((*time).*Field + Add);
}

Evaluated timestampMilliseconds(const Invocation& call) {
  if (call.arguments.size() > 1)
    if (const auto time = civilTime(0, call.text(1)); !time) return call.fail(time.error());
  return Value::integer(call[0].asTimestampNanos() / kNanosPerMilli);
}

template <std::int64_t Unit>
Evaluated wholeUnits(const Invocation& call) {
  return Value::integer(call[0].asDurationNs() / Unit);
}

// The milliseconds of the last second, not of the whole duration.
Evaluated durationMilliseconds(const Invocation& call) {
  return Value::integer(call[0].asDurationNs() % kNanosPerSecond / kNanosPerMilli);
}

void addSelector(std::vector<Overload>& overloads, std::string_view name,
                 Evaluated (*apply)(const Invocation&)) {
  overloads.push_back({name, CallStyle::kMember, {Kind::kTimestamp}, apply});
  overloads.push_back({name, CallStyle::kMember, {Kind::kTimestamp, Kind::kString}, apply});
}

std::vector<Overload> makeOverloads() {
  std::vector<Overload> overloads = {
      {"getHours", CallStyle::kMember, {Kind::kDuration}, wholeUnits<3'600 * kNanosPerSecond>},
      {"getMinutes", CallStyle::kMember, {Kind::kDuration}, wholeUnits<60 * kNanosPerSecond>},
      {"getSeconds", CallStyle::kMember, {Kind::kDuration}, wholeUnits<kNanosPerSecond>},
      {"getMilliseconds", CallStyle::kMember, {Kind::kDuration}, durationMilliseconds},
  };
  addSelector(overloads, "getFullYear", civilField<&CivilTime::year>);
  addSelector(overloads, "getMonth", civilField<&CivilTime::month>);
  addSelector(overloads, "getDate", civilField<&CivilTime::day>);
  addSelector(overloads, "getDayOfMonth", civilField<&CivilTime::day, -1>);
  addSelector(overloads, "getDayOfYear", civilField<&CivilTime::dayOfYear>);
  addSelector(overloads, "getDayOfWeek", civilField<&CivilTime::dayOfWeek>);
  addSelector(overloads, "getHours", civilField<&CivilTime::hour>);
  addSelector(overloads, "getMinutes", civilField<&CivilTime::minute>);
  addSelector(overloads, "getSeconds", civilField<&CivilTime::second>);
  addSelector(overloads, "getMilliseconds", timestampMilliseconds);
  return overloads;
}

}  // namespace

std::span<const Overload> timeFunctions() {
  static const std::vector<Overload> overloads = makeOverloads();
  return overloads;
}

}  // namespace faasbatch::cel
