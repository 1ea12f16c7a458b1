// For the tests of this folder: an expression and its result as text.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "lib/cel/expression.h"

namespace faasbatch::cel {

// Gives `input` a value and nothing else one.
class InputActivation final : public Activation {
 public:
  explicit InputActivation(std::string_view inputJson) : input_(Value::fromJson(inputJson).value()) {}

  std::optional<Value> find(std::string_view variable) const override {
    return variable == "input" ? std::optional(input_) : std::nullopt;
  }

 private:
  Value input_;
};

// The value as JSON, or "error LINE:COLUMN: MESSAGE". Variables: `input`, and `missing` without a value.
inline std::string run(std::string_view text, std::string_view inputJson = "null",
                       std::uint64_t maxCost = Expression::kMaxCost) {
  static constexpr std::array<std::string_view, 2> kVariables = {"input", "missing"};
  const auto expression = Expression::parse(text, kVariables);
  if (!expression) return "error " + expression.error().describe();
  const auto value = expression->evaluate(InputActivation(inputJson), maxCost);
  if (!value) return "error " + value.error().describe();
  const auto json = value->toJson();
  return json ? *json : "no JSON: " + json.error().message;
}

}  // namespace faasbatch::cel
