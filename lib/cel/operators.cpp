#include "lib/cel/operators.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "lib/cel/arithmetic.h"
#include "lib/cel/compare.h"
#include "lib/cel/map.h"
#include "lib/cel/number_text.h"
#include "lib/cel/time_text.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

bool holds(BinaryOperator op, std::partial_ordering order) {
  switch (op) {
    case BinaryOperator::kLess:
      return std::is_lt(order);
    case BinaryOperator::kLessEqual:
      return std::is_lteq(order);
    case BinaryOperator::kGreater:
      return std::is_gt(order);
    default:
      return std::is_gteq(order);
  }
}

Evaluated isIn(const Value& needle, const Value& container, Budget& budget, std::uint32_t offset) {
  if (container.kind() == Kind::kMap) {
    if (!budget.charge(keyCost(needle))) return budget.exceeded(offset);
    return Value::boolean(container.asMap().find(needle) != nullptr);
  }
  if (container.kind() != Kind::kList) return noOperator(BinaryOperator::kIn, needle, container, offset);
  for (const Value& item : container.asList()) {
    if (!budget.charge(equalityCost(needle, item, budget.left() + 1))) return budget.exceeded(offset);
    if (needle == item) return Value::boolean(true);
  }
  return Value::boolean(false);
}

// The index as a whole number that is not negative, of whatever kind it is.
std::optional<std::uint64_t> wholeIndex(const Value& index) {
  if (index.kind() == Kind::kUint) return index.asUint();
  if (index.kind() == Kind::kInt && index.asInt() >= 0) return static_cast<std::uint64_t>(index.asInt());
  if (index.kind() == Kind::kDouble && index.asDouble() >= 0 && index.asDouble() < 0x1p53 &&
      std::trunc(index.asDouble()) == index.asDouble())
    return static_cast<std::uint64_t>(index.asDouble());
  return std::nullopt;
}

Evaluated indexList(const Value& operand, const Value& index, std::uint32_t offset) {
  const auto& list = operand.asList();
  if (!isNumber(index))
    return failure(offset, "no such overload: list[" + std::string(index.kindName()) +
                               "]; a list is indexed by numbers");
  const auto whole = wholeIndex(index);
  if (!whole || *whole >= list.size())
    return failure(
        offset, "index out of range: " + showValue(index) + " in a list of " + std::to_string(list.size()));
  return list[*whole];
}

}  // namespace

std::string_view symbolOf(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kEqual:
      return "==";
    case BinaryOperator::kNotEqual:
      return "!=";
    case BinaryOperator::kLess:
      return "<";
    case BinaryOperator::kLessEqual:
      return "<=";
    case BinaryOperator::kGreater:
      return ">";
    case BinaryOperator::kGreaterEqual:
      return ">=";
    case BinaryOperator::kIn:
      return "in";
    case BinaryOperator::kAdd:
      return "+";
    case BinaryOperator::kSubtract:
      return "-";
    case BinaryOperator::kMultiply:
      return "*";
    case BinaryOperator::kDivide:
      return "/";
    case BinaryOperator::kModulo:
      return "%";
  }
  return "?";
}

Evaluated applyBinary(BinaryOperator op, const Value& a, const Value& b, Budget& budget,
                      std::uint32_t offset) {
  switch (op) {
    case BinaryOperator::kEqual:
    case BinaryOperator::kNotEqual:
      if (!budget.charge(equalityCost(a, b, budget.left() + 1))) return budget.exceeded(offset);
      return Value::boolean((a == b) == (op == BinaryOperator::kEqual));
    case BinaryOperator::kIn:
      return isIn(a, b, budget, offset);
    case BinaryOperator::kLess:
    case BinaryOperator::kLessEqual:
    case BinaryOperator::kGreater:
    case BinaryOperator::kGreaterEqual: {
      if (!budget.charge(equalityCost(a, b, budget.left() + 1))) return budget.exceeded(offset);
      const auto order = compareValues(a, b);
      if (!order) return noOperator(op, a, b, offset);
      return Value::boolean(holds(op, *order));
    }
    default:
      return applyArithmetic(op, a, b, budget, offset);
  }
}

Evaluated negate(const Value& value, std::uint32_t offset) {
  if (value.kind() == Kind::kDouble) return Value::real(-value.asDouble());
  if (value.kind() != Kind::kInt)
    return failure(offset, "no such overload: -" + std::string(value.kindName()));
  if (value.asInt() == std::numeric_limits<std::int64_t>::min())
    return failure(offset, "int overflow: -(" + showValue(value) + ")");
  return Value::integer(-value.asInt());
}

Evaluated logicalNot(const Value& value, std::uint32_t offset) {
  if (value.kind() != Kind::kBool)
    return failure(offset, "no such overload: !" + std::string(value.kindName()));
  return Value::boolean(!value.asBool());
}

Evaluated applyIndex(const Value& operand, const Value& index, Budget& budget, std::uint32_t offset) {
  if (operand.kind() == Kind::kList) return indexList(operand, index, offset);
  if (operand.kind() != Kind::kMap)
    return failure(offset, "no such overload: " + std::string(operand.kindName()) + "[" +
                               std::string(index.kindName()) + "]; lists and maps are indexed");
  if (!budget.charge(keyCost(index))) return budget.exceeded(offset);
  const Value* const found = operand.asMap().find(index);
  if (found == nullptr) return failure(offset, "no such key " + showValue(index));
  return *found;
}

Evaluated applySelect(const Value& operand, std::string_view field, std::uint32_t offset) {
  if (operand.kind() != Kind::kMap)
    return failure(offset, "no field \"" + std::string(field) + "\" in a value of type " +
                               std::string(operand.kindName()) + "; only maps have fields");
  const Value* const found = operand.asMap().find(field);
  if (found == nullptr) return failure(offset, "no such key \"" + std::string(field) + "\"");
  return *found;
}

Evaluated applyHas(const Value& operand, std::string_view field, std::uint32_t offset) {
  if (operand.kind() != Kind::kMap)
    return failure(offset, "has() asks for field \"" + std::string(field) + "\" of a value of type " +
                               std::string(operand.kindName()) + "; only maps have fields");
  return Value::boolean(operand.asMap().find(field) != nullptr);
}

std::string showValue(const Value& value) {
  constexpr std::size_t kMostCodePoints = 40;
  switch (value.kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return value.asBool() ? "true" : "false";
    case Kind::kInt:
      return std::to_string(value.asInt());
    case Kind::kUint:
      return std::to_string(value.asUint()) + "u";
    case Kind::kDouble:
      return doubleText(value.asDouble());
    case Kind::kString: {
      const std::string& text = value.asString();
      const std::size_t end = offsetOfCodePoint(text, kMostCodePoints);
      return end >= text.size() ? "\"" + text + "\"" : "\"" + text.substr(0, end) + "...\"";
    }
    case Kind::kDuration:
      return durationText(value.asDurationNs());
    case Kind::kTimestamp:
      return timestampText(value.asTimestampSeconds(), value.asTimestampNanos());
    default:
      return "a " + std::string(value.kindName());
  }
}

}  // namespace faasbatch::cel
