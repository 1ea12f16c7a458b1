#include "lib/workflow/read_kinds.h"

#include <algorithm>
#include <vector>

#include "lib/json/quote_name.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

void readInput(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  const Tree* input = step.raw("input");
  if (input != nullptr) node.input = readTemplate(c, node.index, *input, step.at("input"), inside);
}

// A string, in which expressions may stand.
std::optional<Template> readTextTemplate(Compiling& c, const Node& node, const Fields& fields,
                                         std::string_view key, const Scope& scope) {
  const auto text = fields.text(key);
  if (!text) return std::nullopt;
  return readTemplate(c, node.index, *fields.raw(key), fields.at(key), scope);
}

}  // namespace

std::string wrapHint(const Tree& tree) {
  if (!tree.isString() || tree.text.contains("${") || tree.text.size() > json::kMaxQuotedBytes) return {};
  return ", did you mean " + json::quoteName("${" + tree.text + "}") + "?";
}

std::optional<Template> readCondition(Compiling& c, NodeIndex node, const Fields& fields,
                                      std::string_view key, const Scope& scope) {
  if (!fields.has(key)) return std::nullopt;
  const Tree& tree = *fields.raw(key);
  auto parsed = readTemplate(c, node, tree, fields.at(key), scope);
  if (!parsed || parsed->expression() || tree.kind == Tree::Kind::kBool) return parsed;
  fields.fault(key, "must be true, false or one expression: \"${...}\"" + wrapHint(tree));
  return std::nullopt;
}

void requireSteps(const Fields& arm) { static_cast<void>(arm.listTree("steps")); }

void readFunctionStep(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kFunction;
  readInput(c, node, step, inside);
  const auto name = step.text("function");
  if (!name) return;
  const auto found = c.functions.find(*name);
  if (found != c.functions.end()) {
    node.function = found->second;
    c.functionUsed[found->second] = true;
    if (found->second < c.plan.functions.size()) node.retry = c.plan.functions[found->second].retry;
    return;
  }
  std::vector<std::string_view> names;
  names.reserve(c.plan.functions.size());
  for (const FunctionSpec& function : c.plan.functions) names.push_back(function.name);
  step.fault("function", c.faults.full() ? "" : unknownName("function", *name, names));
}

void readWorkflowStep(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kWorkflow;
  readInput(c, node, step, inside);
  const auto name = step.text("workflow");
  if (!name) return;
  node.workflow = *name;
}

void readGroup(Compiling&, Node& node, const Fields& step, const Scope&) {
  node.kind = NodeKind::kGroup;
  static_cast<void>(step.listTree("steps"));
}

void readSwitch(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kSwitch;
  const std::vector<Fields> arms = step.maps("switch");
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const Fields& arm = arms[i];
    node.arms[i].when = readCondition(c, node.index, arm, "when", inside);
    requireSteps(arm);
    if (arm.isMap() && !arm.has("when") && i + 1 < arms.size()) {
      c.faults.add(arm.path(), "the arm without when is the default and must come last");
    }
  }
}

void readWait(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kWait;
  const Tree& tree = *step.raw("wait");
  auto parsed = readTemplate(c, node.index, tree, step.at("wait"), inside);
  if (!parsed) return;
  if (parsed->expression()) {
    node.waitUntil = std::move(parsed);
  } else {
    take(node.wait, step.duration("wait"));
  }
}

void readFail(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kFail;
  const auto fields = step.map("fail");
  if (!fields) return;
  node.failType = readTextTemplate(c, node, *fields, "type", inside);
  node.failMessage = readTextTemplate(c, node, *fields, "message", inside);
  if (!node.failType || !node.failType->constant()) return;
  const std::string& type = node.failType->tree().text;
  if (type == "*" || !kErrorTypeForm.check(type).empty()) {
    fields->fault("type", "must be the name of an error type, not " + json::quoteName(type));
  }
}

}  // namespace faasbatch::workflow
