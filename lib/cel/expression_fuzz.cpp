// Any text, over a JSON input behind its first NUL byte: parsing and evaluation end, within the budget, and
// what they say points into the text.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "lib/cel/expression.h"

namespace {

using faasbatch::cel::Activation;
using faasbatch::cel::Expression;
using faasbatch::cel::ExpressionError;
using faasbatch::cel::Value;

constexpr std::uint64_t kMaxCost = 20'000;

class Input final : public Activation {
 public:
  explicit Input(Value input) : input_(std::move(input)) {}
  std::optional<Value> find(std::string_view variable) const override {
    return variable == "input" ? std::optional(input_) : std::nullopt;
  }

 private:
  Value input_;
};

void check(bool holds) {
  if (!holds) std::abort();
}

void checkError(const ExpressionError& error, std::string_view text) {
  check(!error.message.empty() && error.offset <= text.size() && error.line >= 1 && error.column >= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 2> kVariables = {"input", "steps"};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string_view text = bytes.substr(0, end);
  const auto input = Value::fromJson(end < bytes.size() ? bytes.substr(end + 1) : "{\"a\":[1,2.5,\"x\"]}");
  const auto expression = Expression::parse(text, kVariables);
  if (!expression) {
    checkError(expression.error(), text);
    return 0;
  }
  for (const auto& reference : expression->references()) check(reference.offset < text.size());
  const auto value = expression->evaluate(Input(input.value_or(Value())), kMaxCost);
  if (!value) {
    checkError(value.error(), text);
    return 0;
  }
  const auto json = value->toJson();
  if (json) check(Value::fromJson(*json).has_value());
  return 0;
}
