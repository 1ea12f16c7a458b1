// size, type, dyn and matches.
#include <utility>

#include "lib/cel/compare.h"
#include "lib/cel/function.h"
#include "lib/cel/map.h"
#include "lib/cel/pattern.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

Value count(std::size_t size) { return Value::integer(static_cast<std::int64_t>(size)); }

Evaluated sizeOfString(const Invocation& call) {
  if (!call.budget.charge(textCost(call.text(0).size()))) return call.budget.exceeded(call.offset);
  return count(countCodePoints(call.text(0)));
}

Evaluated sizeOfBytes(const Invocation& call) { return count(call.text(0).size()); }

Evaluated sizeOfList(const Invocation& call) { return count(call[0].asList().size()); }

Evaluated sizeOfMap(const Invocation& call) { return count(call[0].asMap().size()); }

Evaluated typeOf(const Invocation& call) { return Value::type(std::string(call[0].kindName())); }

Evaluated same(const Invocation& call) { return call[0]; }

// With a pattern that is not constant; resolve() compiles the others once.
Evaluated matches(const Invocation& call) {
  const auto pattern = Pattern::compile(call.text(1));
  if (!call.budget.charge(pattern ? (*pattern)->compileCost() : Pattern::kRefusalCost))
    return call.budget.exceeded(call.offset);
  if (!pattern) return call.fail(pattern.error());
  if (!call.budget.charge((*pattern)->searchCost(call.text(0).size())))
    return call.budget.exceeded(call.offset);
  return Value::boolean((*pattern)->matches(call.text(0)));
}

}  // namespace

std::span<const Overload> basicFunctions() {
  static const std::vector<Overload> overloads = {
      {"size", CallStyle::kGlobal, {Kind::kString}, sizeOfString},
      {"size", CallStyle::kGlobal, {Kind::kBytes}, sizeOfBytes},
      {"size", CallStyle::kGlobal, {Kind::kList}, sizeOfList},
      {"size", CallStyle::kGlobal, {Kind::kMap}, sizeOfMap},
      {"size", CallStyle::kMember, {Kind::kString}, sizeOfString},
      {"size", CallStyle::kMember, {Kind::kBytes}, sizeOfBytes},
      {"size", CallStyle::kMember, {Kind::kList}, sizeOfList},
      {"size", CallStyle::kMember, {Kind::kMap}, sizeOfMap},
      {"type", CallStyle::kGlobal, {Parameter::any()}, typeOf},
      {"dyn", CallStyle::kGlobal, {Parameter::any()}, same},
      {"matches", CallStyle::kGlobal, {Kind::kString, Kind::kString}, matches},
      {"matches", CallStyle::kMember, {Kind::kString, Kind::kString}, matches},
  };
  return overloads;
}

}  // namespace faasbatch::cel
