// Templates: JSON whose strings may hold ${expression}.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/payload.h"
#include "lib/cel/expression.h"

namespace faasbatch::tree {
struct Tree;
}

namespace faasbatch::workflow {

using tree::Tree;

// A string that is exactly one ${...} has that value; in a longer string the values are put in as text
// (strings as they are, others as JSON); `$${` is a literal `${`. Immutable, shared, thread-safe.
class Template {
 public:
  // One fault, at a place inside the template: `path` continues the template's own path (".text", "[2].a", or
  // ""). The message begins with where in the string it is, as line and column.
  struct Fault {
    std::string path;
    std::string message;
    std::string expression;  // the one at fault; empty where the string could not be cut into expressions
  };

  // `json` is JSON text. Every fault of every expression in it is reported, not only the first.
  static std::expected<Template, std::vector<Fault>> parse(std::string_view json);
  static std::expected<Template, std::vector<Fault>> parse(const Tree& tree);

  // All free references of all expressions inside, each with the path of its string.
  struct Use {
    std::string path;
    cel::Reference reference;
    std::string expression;
  };
  const std::vector<Use>& uses() const;
  bool constant() const;     // no expression inside: rendering it gives the same shared payload each time
  bool expression() const;   // a string that is exactly one ${...}
  const Tree& tree() const;  // as it was written

  // Where the template is exactly one expression that names a payload as a whole, which payload: whoever
  // holds it as bytes can hand those on unparsed, with the same meaning. `${input}`, `${item}`, `${last}`,
  // `${output}` name themselves;
  // `${steps.a.output}` and `${steps['a'].output}` are variable "steps", step "a".
  struct Whole {
    std::string variable;
    std::string step;
  };
  const std::optional<Whole>& whole() const;

  // The JSON text, or the value, with every expression evaluated. An error inside a larger template says at
  // which path. A text of more than kMaxRenderedBytes is an error, found before it is made.
  static constexpr std::size_t kMaxRenderedBytes = cel::Value::kMaxJsonBytes;
  std::expected<base::Payload, cel::ExpressionError> render(const cel::Activation& activation) const;
  std::expected<cel::Value, cel::ExpressionError> evaluate(const cel::Activation& activation) const;

 private:
  struct Impl;
  explicit Template(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

// The variables an expression may name, as the contract lists them: input, steps, run, item, index, last,
// output, error.
std::span<const std::string_view> expressionVariables();

}  // namespace faasbatch::workflow
