// bool, int, uint, double, string, bytes, duration and timestamp of other values.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "lib/cel/function.h"
#include "lib/cel/number_text.h"
#include "lib/cel/operators.h"
#include "lib/cel/time_text.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

Evaluated same(const Invocation& call) { return call[0]; }

std::unexpected<Failure> outOfRange(const Invocation& call, std::string_view target) {
  return call.fail(std::string(target) + " out of range: " + showValue(call[0]));
}

std::unexpected<Failure> unreadable(const Invocation& call, std::string_view target) {
  return call.fail("cannot read " + showValue(call[0]) + " as " + std::string(target));
}

// Text of a number, a duration and so on is short; what is longer is none, and is not read.
constexpr std::size_t kMaxScalarText = 1024;

template <class T>
Evaluated readText(const Invocation& call, std::string_view target,
                   std::optional<T> (*parse)(std::string_view), Value (*make)(T)) {
  const auto read = call.text(0).size() <= kMaxScalarText ? parse(call.text(0)) : std::nullopt;
  if (!read) return unreadable(call, target);
  return make(*read);
}

Evaluated stringToBool(const Invocation& call) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  static constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(kTrue, call.text(0)) != kTrue.end()) return Value::boolean(true);
  if (std::ranges::find(kFalse, call.text(0)) != kFalse.end()) return Value::boolean(false);
  return unreadable(call, "a bool");
}

Evaluated uintToInt(const Invocation& call) {
  if (call[0].asUint() > static_cast<std::uint64_t>(INT64_MAX)) return outOfRange(call, "int");
  return Value::integer(static_cast<std::int64_t>(call[0].asUint()));
}

// The bounds themselves are refused: doubles near them stand for many ints.
Evaluated doubleToInt(const Invocation& call) {
  const double number = call[0].asDouble();
  const bool fits = number > -0x1p63 && number < 0x1p63;  // not of NaN
  return fits ? Evaluated(Value::integer(static_cast<std::int64_t>(number))) : outOfRange(call, "int");
}

Evaluated stringToInt(const Invocation& call) { return readText(call, "an int", parseInt, Value::integer); }

Evaluated timestampToInt(const Invocation& call) { return Value::integer(call[0].asTimestampSeconds()); }

Evaluated durationToInt(const Invocation& call) { return Value::integer(call[0].asDurationNs()); }

Evaluated intToUint(const Invocation& call) {
  if (call[0].asInt() < 0) return outOfRange(call, "uint");
  return Value::unsignedInteger(static_cast<std::uint64_t>(call[0].asInt()));
}

Evaluated doubleToUint(const Invocation& call) {
  const double number = call[0].asDouble();
  const bool fits = number >= 0 && number < 0x1p64;  // not of NaN
  return fits ? Evaluated(Value::unsignedInteger(static_cast<std::uint64_t>(number)))
              : outOfRange(call, "uint");
}

std::optional<std::uint64_t> parseDecimalUint(std::string_view text) { return parseUint(text); }

Evaluated stringToUint(const Invocation& call) {
  return readText(call, "a uint", parseDecimalUint, Value::unsignedInteger);
}

Evaluated intToDouble(const Invocation& call) { return Value::real(static_cast<double>(call[0].asInt())); }

Evaluated uintToDouble(const Invocation& call) { return Value::real(static_cast<double>(call[0].asUint())); }

Evaluated stringToDouble(const Invocation& call) {
  return readText(call, "a double", parseDouble, Value::real);
}

Evaluated boolToString(const Invocation& call) { return Value::string(call[0].asBool() ? "true" : "false"); }

Evaluated intToString(const Invocation& call) { return Value::string(std::to_string(call[0].asInt())); }

Evaluated uintToString(const Invocation& call) { return Value::string(std::to_string(call[0].asUint())); }

Evaluated doubleToString(const Invocation& call) { return Value::string(doubleText(call[0].asDouble())); }

Evaluated durationToString(const Invocation& call) {
  return Value::string(durationText(call[0].asDurationNs()));
}

Evaluated timestampToString(const Invocation& call) {
  return Value::string(timestampText(call[0].asTimestampSeconds(), call[0].asTimestampNanos()));
}

Evaluated bytesToString(const Invocation& call) {
  if (!call.budget.charge(textCost(call.text(0).size()))) return call.budget.exceeded(call.offset);
  if (!isUtf8(call.text(0))) return call.fail("the bytes are not UTF-8");
  return Value::string(call.text(0));
}

Evaluated stringToBytes(const Invocation& call) {
  if (!call.budget.charge(textCost(call.text(0).size()))) return call.budget.exceeded(call.offset);
  return Value::bytes(call.text(0));
}

Evaluated stringToDuration(const Invocation& call) {
  return readText(call, "a duration such as \"1h30m\" (within 292 years)", parseDuration, Value::duration);
}

Value timestampOf(Instant instant) { return Value::timestamp(instant.seconds, instant.nanos); }

Evaluated stringToTimestamp(const Invocation& call) {
  return readText(call, "a timestamp such as \"2026-01-02T03:04:05Z\" (within the years 1 and 9999)",
                  parseTimestamp, timestampOf);
}

Evaluated intToTimestamp(const Invocation& call) {
  const std::int64_t seconds = call[0].asInt();
  if (seconds < kMinTimestampSeconds || seconds > kMaxTimestampSeconds) return outOfRange(call, "timestamp");
  return Value::timestamp(seconds, 0);
}

}  // namespace

std::span<const Overload> conversionFunctions() {
  static const std::vector<Overload> overloads = {
      {"bool", CallStyle::kGlobal, {Kind::kBool}, same},
      {"bool", CallStyle::kGlobal, {Kind::kString}, stringToBool},
      {"int", CallStyle::kGlobal, {Kind::kInt}, same},
      {"int", CallStyle::kGlobal, {Kind::kUint}, uintToInt},
      {"int", CallStyle::kGlobal, {Kind::kDouble}, doubleToInt},
      {"int", CallStyle::kGlobal, {Kind::kString}, stringToInt},
      {"int", CallStyle::kGlobal, {Kind::kTimestamp}, timestampToInt},
      {"int", CallStyle::kGlobal, {Kind::kDuration}, durationToInt},
      {"uint", CallStyle::kGlobal, {Kind::kUint}, same},
      {"uint", CallStyle::kGlobal, {Kind::kInt}, intToUint},
      {"uint", CallStyle::kGlobal, {Kind::kDouble}, doubleToUint},
      {"uint", CallStyle::kGlobal, {Kind::kString}, stringToUint},
      {"double", CallStyle::kGlobal, {Kind::kDouble}, same},
      {"double", CallStyle::kGlobal, {Kind::kInt}, intToDouble},
      {"double", CallStyle::kGlobal, {Kind::kUint}, uintToDouble},
      {"double", CallStyle::kGlobal, {Kind::kString}, stringToDouble},
      {"string", CallStyle::kGlobal, {Kind::kString}, same},
      {"string", CallStyle::kGlobal, {Kind::kBool}, boolToString},
      {"string", CallStyle::kGlobal, {Kind::kInt}, intToString},
      {"string", CallStyle::kGlobal, {Kind::kUint}, uintToString},
      {"string", CallStyle::kGlobal, {Kind::kDouble}, doubleToString},
      {"string", CallStyle::kGlobal, {Kind::kBytes}, bytesToString},
      {"string", CallStyle::kGlobal, {Kind::kDuration}, durationToString},
      {"string", CallStyle::kGlobal, {Kind::kTimestamp}, timestampToString},
      {"bytes", CallStyle::kGlobal, {Kind::kBytes}, same},
      {"bytes", CallStyle::kGlobal, {Kind::kString}, stringToBytes},
      {"duration", CallStyle::kGlobal, {Kind::kDuration}, same},
      {"duration", CallStyle::kGlobal, {Kind::kString}, stringToDuration},
      {"timestamp", CallStyle::kGlobal, {Kind::kTimestamp}, same},
      {"timestamp", CallStyle::kGlobal, {Kind::kInt}, intToTimestamp},
      {"timestamp", CallStyle::kGlobal, {Kind::kString}, stringToTimestamp},
  };
  return overloads;
}

}  // namespace faasbatch::cel
