#include "lib/cel/compare.h"

#include <algorithm>
#include <tuple>

#include "lib/cel/budget.h"
#include "lib/cel/map.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

// An int or uint meets a double as the nearest double, so beyond 2^53 neighbours are equal to it alike: the
// conformance cases of the specification ask for this.
template <class Integer>
std::partial_ordering compareWithDouble(Integer a, double b) {
  return static_cast<double>(a) <=> b;
}

std::partial_ordering compareIntUint(std::int64_t a, std::uint64_t b) {
  if (a < 0) return std::partial_ordering::less;
  return static_cast<std::uint64_t>(a) <=> b;
}

bool equalMaps(const MapValue& a, const MapValue& b) {
  return a.size() == b.size() && std::ranges::all_of(a.entries(), [&b](const MapValue::Entry& entry) {
           const Value* other = b.find(entry.first);
           return other != nullptr && entry.second == *other;
         });
}

auto instantOf(const Value& value) {
  return std::tuple(value.asTimestampSeconds(), value.asTimestampNanos());
}

}  // namespace

bool isNumber(const Value& value) {
  const Kind kind = value.kind();
  return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble;
}

std::partial_ordering compareNumbers(const Value& a, const Value& b) {
  switch (a.kind()) {
    case Kind::kInt:
      if (b.kind() == Kind::kInt) return a.asInt() <=> b.asInt();
      if (b.kind() == Kind::kUint) return compareIntUint(a.asInt(), b.asUint());
      return compareWithDouble(a.asInt(), b.asDouble());
    case Kind::kUint:
      if (b.kind() == Kind::kUint) return a.asUint() <=> b.asUint();
      if (b.kind() == Kind::kInt) return 0 <=> compareIntUint(b.asInt(), a.asUint());
      return compareWithDouble(a.asUint(), b.asDouble());
    default:
      if (b.kind() == Kind::kDouble) return a.asDouble() <=> b.asDouble();
      if (b.kind() == Kind::kInt) return 0 <=> compareWithDouble(b.asInt(), a.asDouble());
      return 0 <=> compareWithDouble(b.asUint(), a.asDouble());
  }
}

std::optional<std::partial_ordering> compareValues(const Value& a, const Value& b) {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::kBool:
      return a.asBool() <=> b.asBool();
    case Kind::kString:
    case Kind::kBytes:
      return a.asString() <=> b.asString();
    case Kind::kDuration:
      return a.asDurationNs() <=> b.asDurationNs();
    case Kind::kTimestamp:
      return instantOf(a) <=> instantOf(b);
    default:
      return std::nullopt;
  }
}

bool operator==(const Value& a, const Value& b) {
  if (isNumber(a) && isNumber(b)) return std::is_eq(compareNumbers(a, b));
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kType:
      return a.asString() == b.asString();
    case Kind::kList:
      return std::ranges::equal(a.asList(), b.asList());
    case Kind::kMap:
      return equalMaps(a.asMap(), b.asMap());
    default:
      return std::is_eq(*compareValues(a, b));
  }
}

std::uint64_t equalityCost(const Value& a, const Value& b, std::uint64_t limit) {
  if (a.kind() != b.kind()) return 1;
  switch (a.kind()) {
    case Kind::kString:
    case Kind::kBytes:
      return 1 + textCost(std::min(a.asString().size(), b.asString().size()));
    case Kind::kList: {
      if (a.asList().size() != b.asList().size()) return 1;
      std::uint64_t cost = 1;
      for (std::size_t i = 0; i < a.asList().size() && cost < limit; ++i)
        cost += equalityCost(a.asList()[i], b.asList()[i], limit - cost);
      return cost;
    }
    case Kind::kMap: {
      if (a.asMap().size() != b.asMap().size()) return 1;
      std::uint64_t cost = 1;
      for (const auto& [key, value] : a.asMap().entries()) {
        if (cost >= limit) break;
        const Value* other = b.asMap().find(key);
        if (other != nullptr) cost += equalityCost(value, *other, limit - cost);
        ++cost;
      }
      return cost;
    }
    default:
      return 1;
  }
}

std::uint64_t keyCost(const Value& key) {
  return 1 + (key.kind() == Kind::kString ? textCost(key.asString().size()) : 0);
}

}  // namespace faasbatch::cel
