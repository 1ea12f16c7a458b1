#include "lib/cel/expression.h"

#include <algorithm>
#include <utility>

#include "lib/cel/budget.h"
#include "lib/cel/evaluate.h"
#include "lib/cel/parser.h"
#include "lib/cel/resolve.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

ExpressionError locate(std::string_view text, Failure failure) {
  const std::string_view before = text.substr(0, std::min<std::size_t>(failure.offset, text.size()));
  const std::size_t lineStart = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
  const auto column = static_cast<std::uint32_t>(countCodePoints(before.substr(lineStart)));
  return {std::move(failure.message), failure.offset, lines + 1, column + 1};
}

std::expected<Program, Failure> compile(std::string_view text, std::span<const std::string_view> variables,
                                        Strictness strictness) {
  if (text.size() > Expression::kMaxBytes)
    return failure(0, "the expression has " + std::to_string(text.size()) + " bytes; at most " +
                          std::to_string(Expression::kMaxBytes) + " are allowed");
  if (!isUtf8(text)) return failure(0, "the expression is not UTF-8");
  auto root = parseSyntax(text);
  if (!root) return std::unexpected(std::move(root.error()));
  return resolve(std::move(*root), variables, strictness);
}

}  // namespace

struct Expression::Impl {
  std::string text;
  Program program;
};

std::string ExpressionError::describe() const {
  return std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

Expression::Expression(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::expected<Expression, ExpressionError> Expression::parse(std::string_view text,
                                                             std::span<const std::string_view> variables) {
  auto program = compile(text, variables, Strictness::kChecked);
  if (!program) return std::unexpected(locate(text, std::move(program.error())));
  return Expression(std::make_shared<const Impl>(Impl{std::string(text), std::move(*program)}));
}

std::expected<Expression, ExpressionError> Expression::parseUnchecked(
    std::string_view text, std::span<const std::string_view> variables) {
  auto program = compile(text, variables, Strictness::kUnchecked);
  if (!program) return std::unexpected(locate(text, std::move(program.error())));
  return Expression(std::make_shared<const Impl>(Impl{std::string(text), std::move(*program)}));
}

const std::vector<Reference>& Expression::references() const { return impl_->program.references; }

const std::string& Expression::text() const { return impl_->text; }

std::expected<Value, ExpressionError> Expression::evaluate(const Activation& activation,
                                                           std::uint64_t maxCost) const {
  Budget budget(maxCost);
  auto value = cel::evaluate(impl_->program, activation, budget);
  if (!value) return std::unexpected(locate(impl_->text, std::move(value.error())));
  return std::move(*value);
}

}  // namespace faasbatch::cel
