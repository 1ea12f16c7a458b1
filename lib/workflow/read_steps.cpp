#include <array>
#include <utility>

#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/read_kinds.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

void readForeach(Compiling& c, Node& node, const Fields& step) {
  const auto fields = step.map("foreach");
  if (!fields) return;
  const auto limit = fields->integer("maxConcurrency");
  const Tree* items = fields->raw("items");
  if (items == nullptr) return fields->fault("items", "is required");
  auto parsed = readTemplate(c, node.index, *items, fields->at("items"), c.blockScopes[node.block]);
  if (!parsed) return;
  if (!items->isList() && !parsed->expression()) {
    return fields->fault("items",
                         "must be a list, or one expression that gives one: \"${...}\"" + wrapHint(*items));
  }
  if (items->isList()) static_cast<void>(fields->list("items"));
  node.foreach = Foreach{.items = std::move(*parsed)};
  take(node.foreach->maxConcurrency, limit);
}

void readRepeat(Compiling& c, Node& node, const Fields& step, Scope inside) {
  const auto fields = step.map("repeat");
  if (!fields) return;
  if (step.has("foreach")) {
    step.fault("repeat",
               "must not stand together with foreach: put one of them on a group (steps) around the other");
  }
  const auto limit = fields->integer("limit");
  const auto delay = fields->duration("delay");
  inside.output = true;
  auto until = readCondition(c, node.index, *fields, "until", inside);
  if (!fields->has("until")) fields->fault("until", "is required");
  if (!until) return;
  node.repeat = Repeat{.until = std::move(*until)};
  take(node.repeat->limit, limit);
  take(node.repeat->delay, delay);
}

void readCatches(Node& node, const Fields& step) {
  const std::vector<Fields> arms = step.maps("catch");
  for (std::size_t i = 0; i < arms.size(); ++i) {
    node.catches[i].on = readErrorTypes(arms[i]);
    if (!arms[i].has("on") && !arms[i].has("true")) node.catches[i].on = {"*"};
    requireSteps(arms[i]);
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
  const Fields step(tree, node.path, c.faults, stepSchema());
  const Scope outside = c.blockScopes[node.block];
  Scope inside = outside;
  inside.item = inside.item || step.has("foreach");
  inside.index = inside.index || step.has("foreach") || step.has("repeat");
  inside.last = inside.last || step.has("repeat");
  node.when = readCondition(c, node.index, step, "when", outside);
  node.timeout = step.duration("timeout");
  static_cast<void>(step.list("after"));  // resolveReferences() reads it
  readForeach(c, node, step);
  readRepeat(c, node, step, inside);
  readCatches(node, step);
  if (const auto kind = step.exactlyOne()) {
    readKind(c, node, step, *kind, inside);
  }
  if (auto retry = readRetry(step)) node.retry = std::move(*retry);  // over its function's
}

}  // namespace

void readSteps(Compiling& c) {
  for (Node& node : c.plan.nodes) readStep(c, node);
}

}  // namespace faasbatch::workflow
