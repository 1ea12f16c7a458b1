#include "lib/cel/arithmetic.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "lib/cel/operators.h"
#include "lib/cel/time_text.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

std::unexpected<Failure> overflow(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  return failure(offset, std::string(a.kindName()) + " overflow: " + showValue(a) + " " +
                             std::string(symbolOf(op)) + " " + showValue(b));
}

std::unexpected<Failure> byZero(BinaryOperator op, std::uint32_t offset) {
  return failure(offset, op == BinaryOperator::kDivide ? "division by zero" : "modulus by zero");
}

// Nothing: the result does not fit. Precondition: no division by zero.
template <class Integer>
std::optional<Integer> calculate(BinaryOperator op, Integer a, Integer b) {
  Integer result = 0;
  switch (op) {
    case BinaryOperator::kAdd:
      return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case BinaryOperator::kSubtract:
      return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case BinaryOperator::kMultiply:
      return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    default:
      break;
  }
  if constexpr (std::numeric_limits<Integer>::is_signed)
    if (a == std::numeric_limits<Integer>::min() && b == -1) return std::nullopt;
  return op == BinaryOperator::kDivide ? a / b : a % b;
}

bool divides(BinaryOperator op) { return op == BinaryOperator::kDivide || op == BinaryOperator::kModulo; }

Evaluated ints(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  if (divides(op) && b.asInt() == 0) return byZero(op, offset);
  const auto result = calculate(op, a.asInt(), b.asInt());
  if (!result) return overflow(op, a, b, offset);
  return Value::integer(*result);
}

Evaluated uints(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  if (divides(op) && b.asUint() == 0) return byZero(op, offset);
  const auto result = calculate(op, a.asUint(), b.asUint());
  if (!result) return overflow(op, a, b, offset);
  return Value::unsignedInteger(*result);
}

Evaluated doubles(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  switch (op) {
    case BinaryOperator::kAdd:
      return Value::real(a.asDouble() + b.asDouble());
    case BinaryOperator::kSubtract:
      return Value::real(a.asDouble() - b.asDouble());
    case BinaryOperator::kMultiply:
      return Value::real(a.asDouble() * b.asDouble());
    case BinaryOperator::kDivide:
      return Value::real(a.asDouble() / b.asDouble());
    default:
      return noOperator(op, a, b, offset);
  }
}

Evaluated concatenateTexts(const Value& a, const Value& b, Budget& budget, std::uint32_t offset) {
  if (!budget.charge(textCost(a.asString().size() + b.asString().size()))) return budget.exceeded(offset);
  std::string text;
  text.reserve(a.asString().size() + b.asString().size());
  text.append(a.asString()).append(b.asString());
  return a.kind() == Kind::kString ? Value::string(std::move(text)) : Value::bytes(std::move(text));
}

Evaluated concatenateLists(const Value& a, const Value& b, Budget& budget, std::uint32_t offset) {
  const auto& left = a.asList();
  const auto& right = b.asList();
  if (right.empty()) return a;
  if (left.empty()) return b;
  if (!budget.charge(left.size() + right.size())) return budget.exceeded(offset);
  std::vector<Value> items;
  items.reserve(left.size() + right.size());
  items.insert(items.end(), left.begin(), left.end());
  items.insert(items.end(), right.begin(), right.end());
  return Value::list(std::move(items));
}

Instant instantOf(const Value& value) { return {value.asTimestampSeconds(), value.asTimestampNanos()}; }

Evaluated timestampOr(const std::optional<Instant>& instant, std::uint32_t offset) {
  if (!instant) return failure(offset, "timestamp out of range: the year is not within 1 and 9999");
  return Value::timestamp(instant->seconds, instant->nanos);
}

Evaluated shift(BinaryOperator op, const Value& instant, const Value& by, std::uint32_t offset) {
  std::int64_t nanoseconds = by.asDurationNs();
  if (op == BinaryOperator::kSubtract && __builtin_sub_overflow(0, nanoseconds, &nanoseconds))
    return failure(offset,
                   "duration out of range: " + durationText(by.asDurationNs()) + " cannot be negated");
  return timestampOr(addDuration(instantOf(instant), nanoseconds), offset);
}

Evaluated durations(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  const auto result = calculate(op, a.asDurationNs(), b.asDurationNs());
  if (!result)
    return failure(offset, "duration out of range: " + durationText(a.asDurationNs()) + " " +
                               std::string(symbolOf(op)) + " " + durationText(b.asDurationNs()));
  return Value::duration(*result);
}

Evaluated times(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  const bool plus = op == BinaryOperator::kAdd;
  if (!plus && op != BinaryOperator::kSubtract) return noOperator(op, a, b, offset);
  const bool left = a.kind() == Kind::kTimestamp;
  const bool right = b.kind() == Kind::kTimestamp;
  if (!left && !right) return durations(op, a, b, offset);
  if (left && !right) return shift(op, a, b, offset);
  if (!left && plus) return shift(op, b, a, offset);
  if (!left || plus) return noOperator(op, a, b, offset);
  const auto result = difference(instantOf(a), instantOf(b));
  if (!result) return failure(offset, "duration out of range: the timestamps are more than 292 years apart");
  return Value::duration(*result);
}

bool isTime(const Value& value) {
  return value.kind() == Kind::kTimestamp || value.kind() == Kind::kDuration;
}

}  // namespace

std::unexpected<Failure> noOperator(BinaryOperator op, const Value& a, const Value& b, std::uint32_t offset) {
  return failure(offset, "no such overload: " + std::string(a.kindName()) + " " + std::string(symbolOf(op)) +
                             " " + std::string(b.kindName()));
}

Evaluated applyArithmetic(BinaryOperator op, const Value& a, const Value& b, Budget& budget,
                          std::uint32_t offset) {
  if (isTime(a) && isTime(b)) return times(op, a, b, offset);
  if (a.kind() != b.kind()) return noOperator(op, a, b, offset);
  switch (a.kind()) {
    case Kind::kInt:
      return ints(op, a, b, offset);
    case Kind::kUint:
      return uints(op, a, b, offset);
    case Kind::kDouble:
      return doubles(op, a, b, offset);
    case Kind::kString:
    case Kind::kBytes:
      return op == BinaryOperator::kAdd ? concatenateTexts(a, b, budget, offset)
                                        : noOperator(op, a, b, offset);
    case Kind::kList:
      return op == BinaryOperator::kAdd ? concatenateLists(a, b, budget, offset)
                                        : noOperator(op, a, b, offset);
    default:
      return noOperator(op, a, b, offset);
  }
}

}  // namespace faasbatch::cel
