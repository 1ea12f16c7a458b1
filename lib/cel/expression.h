// CEL expressions: parsed once at admission, evaluated many times.
// The language is the CEL language definition (github.com/google/cel-spec, doc/langdef.md) without protobuf
// messages, enums and containers, with the string extensions but `format`.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cel/value.h"

namespace faasbatch::cel {

// What is wrong and where: `line` and `column` count from 1 (columns in code points), `offset` is in bytes.
struct ExpressionError {
  std::string message;
  std::uint32_t offset = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  // "1:7: message"
  std::string describe() const;
};

// One use of a free variable. `member` is the constant name selected from it directly (`steps.a`,
// `steps['a']`), or nothing where the variable is used as a whole or indexed by something that is not a
// string literal.
struct Reference {
  std::string variable;
  std::optional<std::string> member;
  std::uint32_t offset = 0;
};

// Gives variables their values; called at most once per use, only for the variables an expression names.
class Activation {
 public:
  virtual ~Activation() = default;
  // Nothing: the variable has no value here, and the evaluation fails with "no such variable".
  virtual std::optional<Value> find(std::string_view variable) const = 0;
};

// Immutable and thread-safe once made; cheap to copy (shared).
class Expression {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;  // of source text
  static constexpr int kMaxNesting = 250;  // of the syntax tree, as the specification asks at least
  static constexpr std::uint64_t kMaxCost =
      1'000'000;  // steps of one evaluation (an item visited, 16 bytes compared...)

  // Parses and checks: syntax, unknown functions, wrong argument counts, macros. A free variable that is not
  // in `variables` is an error with a hint ("unknown variable "inptu", did you mean "input"?").
  static std::expected<Expression, ExpressionError> parse(std::string_view text,
                                                          std::span<const std::string_view> variables);

  // As the specification evaluates an expression that no checker has seen: unknown variables and functions
  // and wrong argument counts are not refused but fail where they are evaluated, so that `&&` and `||` may
  // absorb them.
  static std::expected<Expression, ExpressionError> parseUnchecked(
      std::string_view text, std::span<const std::string_view> variables);

  // Free variables in the order of their use (macro variables are not free).
  const std::vector<Reference>& references() const;
  const std::string& text() const;

  // Never throws and always ends: an evaluation that costs more than `maxCost` is an error.
  std::expected<Value, ExpressionError> evaluate(const Activation& activation,
                                                 std::uint64_t maxCost = kMaxCost) const;

 private:
  struct Impl;
  explicit Expression(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace faasbatch::cel
