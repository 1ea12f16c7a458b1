#include "lib/cel/function.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace faasbatch::cel {
namespace {

using Key = std::pair<std::string_view, CallStyle>;
using Registry = std::map<Key, FunctionSet>;

Registry buildRegistry() {
  Registry registry;
  for (const auto overloads : {basicFunctions(), conversionFunctions(), stringFunctions(), timeFunctions()}) {
    for (const Overload& overload : overloads) {
      FunctionSet& set = registry[{overload.name, overload.style}];
      set.name = overload.name;
      set.style = overload.style;
      set.overloads.push_back(&overload);
    }
  }
  return registry;
}

const Registry& registry() {
  static const Registry all = buildRegistry();
  return all;
}

std::string describeCall(const FunctionSet& function, std::span<const Value> arguments) {
  std::string text;
  if (function.style == CallStyle::kMember) {
    text = std::string(arguments[0].kindName()) + ".";
    arguments = arguments.subspan(1);
  }
  text += std::string(function.name) + "(";
  for (std::size_t i = 0; i < arguments.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::string(arguments[i].kindName());
  return text + ")";
}

}  // namespace

bool FunctionSet::takesCount(std::size_t count) const {
  const std::size_t target = style == CallStyle::kMember ? 1 : 0;
  return std::ranges::any_of(
      overloads, [&](const Overload* overload) { return overload->parameters.size() == count + target; });
}

std::string FunctionSet::counts() const {
  constexpr std::size_t kMostParameters = 8;
  std::string text;
  std::size_t last = 0;
  for (std::size_t count = 0; count < kMostParameters; ++count) {
    if (!takesCount(count)) continue;
    text += (text.empty() ? "" : " or ") + std::to_string(count);
    last = count;
  }
  return text + (last == 1 ? " argument" : " arguments");
}

const FunctionSet* findFunction(std::string_view name, CallStyle style) {
  const auto found = registry().find({name, style});
  return found == registry().end() ? nullptr : &found->second;
}

std::vector<std::string_view> functionNames() {
  std::vector<std::string_view> names;
  for (const auto& [key, set] : registry())
    if (names.empty() || names.back() != key.first) names.push_back(key.first);
  return names;
}

Evaluated invoke(const FunctionSet& function, const Invocation& call) {
  for (const Overload* overload : function.overloads) {
    const auto& parameters = overload->parameters;
    if (std::ranges::equal(parameters, call.arguments,
                           [](const Parameter& p, const Value& v) { return p.takes(v); }))
      return overload->apply(call);
  }
  return call.fail("no such overload: " + describeCall(function, call.arguments));
}

}  // namespace faasbatch::cel
