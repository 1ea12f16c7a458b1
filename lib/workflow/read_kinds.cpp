#include "lib/workflow/read_kinds.h"

#include <algorithm>
#include <vector>

#include "lib/json/quote_name.h"
#include "lib/workflow/duration.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr DurationBounds kWaitBounds;

void readInput(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  const Tree* input = step.raw("input");
  if (input != nullptr) node.input = readTemplate(c, node.index, *input, step.at("input"), inside);
}

// A string, in which expressions may stand.
std::optional<Template> readTextTemplate(Compiling& c, const Node& node, const Fields& fields,
                                         std::string_view key, const Scope& scope) {
  const auto text = fields.requiredText(key);
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

void requireSteps(const Fields& arm) {
  if (!arm.has("steps")) return arm.fault("steps", "is required");
  static_cast<void>(arm.list("steps"));
}

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
  if (auto message = checkObjectName(*name); !message.empty()) step.fault("workflow", message);
}

void readGroup(Compiling&, Node& node, const Fields& step, const Scope&) {
  node.kind = NodeKind::kGroup;
  static_cast<void>(step.list("steps"));
}

void readSwitch(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kSwitch;
  const Tree* list = step.list("switch");
  if (list == nullptr) return;
  if (list->items.empty()) step.fault("switch", "must hold at least one arm");
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Fields arm(list->items[i], itemPath(step.at("switch"), i), c.faults, {"when", "steps"});
    node.arms[i].when = readCondition(c, node.index, arm, "when", inside);
    requireSteps(arm);
    if (list->items[i].isMap() && !arm.has("when") && i + 1 < list->items.size()) {
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
    take(node.wait, step.duration("wait", kWaitBounds));
  }
}

void readFail(Compiling& c, Node& node, const Fields& step, const Scope& inside) {
  node.kind = NodeKind::kFail;
  const Tree* tree = step.map("fail");
  if (tree == nullptr) return;
  const Fields fields(*tree, step.at("fail"), c.faults, {"type", "message"});
  node.failType = readTextTemplate(c, node, fields, "type", inside);
  if (fields.has("message")) node.failMessage = readTextTemplate(c, node, fields, "message", inside);
  if (!node.failType || !node.failType->constant()) return;
  const std::string type = fields.text("type").value_or("");
  if (type == "*" || !checkErrorType(type).empty()) {
    fields.fault("type", "must be the name of an error type, not " + json::quoteName(type));
  }
}

}  // namespace faasbatch::workflow
