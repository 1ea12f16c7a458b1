// Functions and their overloads. An overload is chosen by the kinds of the arguments when it is called, as
// the types of variables are not known before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cel/budget.h"
#include "lib/cel/value.h"

namespace faasbatch::cel {

// What a parameter takes: one kind of value, or any.
class Parameter {
 public:
  constexpr Parameter(Value::Kind kind) : kind_(kind) {}  // NOLINT: a kind is a parameter
  static constexpr Parameter any() { return {}; }

  bool takes(const Value& value) const { return any_ || value.kind() == kind_; }

 private:
  constexpr Parameter() : any_(true) {}

  Value::Kind kind_ = Value::Kind::kNull;
  bool any_ = false;
};

// One call as a function sees it.
struct Invocation {
  std::span<const Value> arguments;  // the target of `target.f()` first
  Budget& budget;
  std::uint32_t offset;

  const Value& operator[](std::size_t i) const { return arguments[i]; }
  const std::string& text(std::size_t i) const { return arguments[i].asString(); }
  std::unexpected<Failure> fail(std::string message) const { return failure(offset, std::move(message)); }
};

enum class CallStyle { kGlobal, kMember };  // f(x) or x.f()

struct Overload {
  std::string_view name;
  CallStyle style;
  std::vector<Parameter> parameters;  // the target first
  Evaluated (*apply)(const Invocation& call);
};

// All overloads of one name and style.
struct FunctionSet {
  std::string_view name;
  CallStyle style;
  std::vector<const Overload*> overloads;

  // So many arguments, without the target, are ever taken.
  bool takesCount(std::size_t count) const;
  std::string counts() const;  // "1 or 2 arguments"
};

// The function of that name and style, or null pointer. Lives as long as the process.
const FunctionSet* findFunction(std::string_view name, CallStyle style);

// Names of all functions, without repetition.
std::vector<std::string_view> functionNames();

// Calls the overload that takes the arguments, or fails with "no such overload".
Evaluated invoke(const FunctionSet& function, const Invocation& call);

// The overloads by theme, each in its own file.
std::span<const Overload> basicFunctions();       // size, type, dyn, matches, ...
std::span<const Overload> conversionFunctions();  // int, string, ...
std::span<const Overload> stringFunctions();      // contains, substring, ...
std::span<const Overload> timeFunctions();        // duration, getHours, ...

}  // namespace faasbatch::cel
