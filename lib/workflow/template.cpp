#include "lib/workflow/template.h"

#include <array>
#include <utility>

#include "lib/json/write.h"
#include "lib/tree/tree.h"
#include "lib/workflow/template_part.h"

namespace faasbatch::workflow {

using Kind = TemplatePart::Kind;
using cel::ExpressionError;

struct Template::Impl {
  Tree tree;
  TemplatePart root;
  std::vector<Use> uses;
  std::optional<Whole> whole;
  base::Payload constant;  // where root is constant
};

Template::Template(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::expected<Template, std::vector<Template::Fault>> Template::parse(std::string_view json) {
  auto tree = tree::parseJson(json);
  if (!tree) return std::unexpected(std::vector<Fault>{{"", tree.error().message, ""}});
  return parse(*tree);
}

std::expected<Template, std::vector<Template::Fault>> Template::parse(const Tree& tree) {
  auto impl = std::make_shared<Impl>();
  std::vector<Fault> faults;
  impl->root = parsePart(tree, "", faults, impl->uses);
  if (!faults.empty()) return std::unexpected(std::move(faults));
  impl->tree = tree;
  impl->whole = wholePayload(impl->root);
  if (impl->root.kind == Kind::kConstant) impl->constant = base::Payload(impl->root.text);
  return Template(std::move(impl));
}

const std::vector<Template::Use>& Template::uses() const { return impl_->uses; }
bool Template::constant() const { return impl_->root.kind == Kind::kConstant; }
bool Template::expression() const { return impl_->root.kind == Kind::kExpression; }
const Tree& Template::tree() const { return impl_->tree; }
const std::optional<Template::Whole>& Template::whole() const { return impl_->whole; }

std::expected<base::Payload, ExpressionError> Template::render(const cel::Activation& activation) const {
  if (constant()) return impl_->constant;
  std::string out;
  if (auto done = renderPart(impl_->root, activation, out); !done)
    return std::unexpected(std::move(done.error()));
  return base::Payload(std::move(out));
}

std::expected<cel::Value, ExpressionError> Template::evaluate(const cel::Activation& activation) const {
  return evaluatePart(impl_->root, activation);
}

std::span<const std::string_view> expressionVariables() {
  static constexpr std::array<std::string_view, 8> kVariables{"input", "steps", "run",    "item",
                                                              "index", "last",  "output", "error"};
  return kVariables;
}

}  // namespace faasbatch::workflow
