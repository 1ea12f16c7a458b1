#include <array>
#include <utility>

#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/read_kinds.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kMaxForeachConcurrency = 100'000;
constexpr std::int64_t kMaxRepeats = 1'000'000;
constexpr std::size_t kMaxConstantItems = 100'000;
constexpr DurationBounds kTimeoutBounds{.least = std::chrono::milliseconds(1),
                                        .most = std::chrono::hours(24 * 365)};

void readForeach(Compiling& c, Node& node, const Fields& step) {
  const Tree* tree = step.map("foreach");
  if (tree == nullptr) return;
  const Fields fields(*tree, step.at("foreach"), c.faults, {"items", "maxConcurrency"});
  const auto limit = fields.integer("maxConcurrency", 1, kMaxForeachConcurrency);
  const Tree* items = fields.raw("items");
  if (items == nullptr) return fields.fault("items", "is required");
  auto parsed = readTemplate(c, node.index, *items, fields.at("items"), c.blockScopes[node.block]);
  if (!parsed) return;
  if (!items->isList() && !parsed->expression()) {
    return fields.fault("items",
                        "must be a list, or one expression that gives one: \"${...}\"" + wrapHint(*items));
  }
  if (items->items.size() > kMaxConstantItems) fields.fault("items", "must be at most 100000 items");
  node.foreach = Foreach{.items = std::move(*parsed)};
  take(node.foreach->maxConcurrency, limit);
}

void readRepeat(Compiling& c, Node& node, const Fields& step, Scope inside) {
  const Tree* tree = step.map("repeat");
  if (tree == nullptr) return;
  if (step.has("foreach")) {
    step.fault("repeat",
               "must not stand together with foreach: put one of them on a group (steps) around the other");
  }
  const Fields fields(*tree, step.at("repeat"), c.faults, {"until", "limit", "delay"});
  const auto limit = fields.integer("limit", 1, kMaxRepeats);
  const auto delay = fields.duration("delay");
  inside.output = true;
  auto until = readCondition(c, node.index, fields, "until", inside);
  if (!fields.has("until")) fields.fault("until", "is required");
  if (!until) return;
  node.repeat = Repeat{.until = std::move(*until)};
  take(node.repeat->limit, limit);
  take(node.repeat->delay, delay);
}

void readCatches(Compiling& c, Node& node, const Fields& step) {
  const Tree* list = step.list("catch");
  if (list == nullptr) return;
  if (list->items.empty()) step.fault("catch", "must hold at least one arm");
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Fields arm(list->items[i], itemPath(step.at("catch"), i), c.faults, {"on", "steps"});
    node.catches[i].on = arm.texts("on", checkErrorType);
    if (arm.list("on") != nullptr && arm.list("on")->items.empty())
      arm.fault("on", "must name at least one error type");
    requireSteps(arm);
  }
}

// foreach and repeat stand on what runs something each time.
void checkLoops(const Fields& step, std::string_view kind) {
  if (kind == "function" || kind == "workflow" || kind == "steps") return;
  for (const std::string_view loop : {"foreach", "repeat"}) {
    if (!step.has(loop)) continue;
    step.fault(loop, "must not stand on a " + std::string(kind) + " step: put it into a group (steps) with " +
                         std::string(loop));
  }
}

void checkInput(const Fields& step, std::string_view kind) {
  if (kind == "function" || kind == "workflow" || step.raw("input") == nullptr) return;
  step.fault("input",
             "must not stand on a " + std::string(kind) + " step: only function and workflow take an input");
}

void readKind(Compiling& c, Node& node, const Fields& step, std::string_view kind, const Scope& inside) {
  static constexpr std::array<std::pair<std::string_view, KindReader>, 6> kReaders{
      {{"function", readFunctionStep},
       {"workflow", readWorkflowStep},
       {"steps", readGroup},
       {"switch", readSwitch},
       {"wait", readWait},
       {"fail", readFail}}};
  for (const auto& [name, read] : kReaders) {
    if (name == kind) read(c, node, step, inside);
  }
  checkLoops(step, kind);
  checkInput(step, kind);
}

void readStep(Compiling& c, Node& node) {
  const Tree& tree = *c.sources[node.index];
  const Fields step(tree, node.path, c.faults,
                    {"name", "function", "workflow", "steps", "switch", "wait", "fail", "input", "after",
                     "when", "timeout", "retry", "catch", "foreach", "repeat"});
  const Scope outside = c.blockScopes[node.block];
  Scope inside = outside;
  inside.item = inside.item || step.has("foreach");
  inside.index = inside.index || step.has("foreach") || step.has("repeat");
  inside.last = inside.last || step.has("repeat");
  node.when = readCondition(c, node.index, step, "when", outside);
  node.timeout = step.duration("timeout", kTimeoutBounds);
  readForeach(c, node, step);
  readRepeat(c, node, step, inside);
  readCatches(c, node, step);
  if (const auto kind =
          step.exactlyOne("a step", {"function", "workflow", "steps", "switch", "wait", "fail"})) {
    readKind(c, node, step, *kind, inside);
  }
  if (auto retry = readRetry(step, c.faults)) node.retry = std::move(*retry);  // over its function's
}

}  // namespace

void readSteps(Compiling& c) {
  for (Node& node : c.plan.nodes) readStep(c, node);
}

}  // namespace faasbatch::workflow
