#include <algorithm>
#include <utility>

#include "node-agent/engine/fold.h"

namespace faasbatch::engine {
namespace {

std::uint32_t itemsAtOnce(const PlanView& plan, const workflow::Node& node) {
  if (node.foreach->maxConcurrency > 0) return node.foreach->maxConcurrency;
  if (node.kind != workflow::NodeKind::kFunction) return kMaxConcurrentItems;
  const std::uint32_t queue = plan.plan()->functions[node.function].batching.maxQueue;
  return std::clamp<std::uint32_t>(queue, 1, kMaxConcurrentItems);
}

}  // namespace

void Fold::beginItems(StepId foreach, std::uint32_t count) {
  Step& step = s_.steps[foreach];
  if (!step.active->items) step.active->items = std::make_unique<Items>();
  Items& items = *step.active->items;
  items.count = count;
  items.bound = itemsAtOnce(s_.plans[step.plan], s_.node(step));
  items.steps.reserve(count);
  items.outputs.resize(count);
  items.held = Holding(s_.ledger, &items, count * (sizeof(StepId) + sizeof(OutputPtr)));
  step.phase = Phase::kInside;
  if (count == 0) return settle(foreach, StepStatus::kSucceeded, Output::list({}, s_.ledger), kNone);
  spawnItems(foreach, {});
}

void Fold::spawnItems(StepId foreach, Entry entry) {
  const Step& step = s_.steps[foreach];
  Items& items = *step.active->items;
  while (items.steps.size() < items.count && items.running < items.bound) {
    const auto index = static_cast<std::uint32_t>(items.steps.size());
    const StepId item = addStep(step.frame, step.node, Role::kItem, foreach, index, entry);
    if (item == kNone) return;
    items.steps.push_back(item);
    ++items.running;
    trigger(item);
  }
}

void Fold::itemSettled(StepId item, OutputPtr output) {
  const StepId foreach = s_.steps[item].container;
  Items& items = *s_.steps[foreach].active->items;
  items.outputs[s_.steps[item].index] = std::move(output);
  --items.running;
  ++items.ended;
  if (items.ended < items.count) return spawnItems(foreach, {item, base::Duration(0)});
  settle(foreach, StepStatus::kSucceeded, Output::list(std::move(items.outputs), s_.ledger), item);
}

void Fold::beginTurn(StepId repeat, std::uint32_t turn, Entry entry) {
  const Step& step = s_.steps[repeat];
  Turns& turns = *step.active->turns;
  turns.turn = turn;
  turns.current = addStep(step.frame, step.node, Role::kTurn, repeat, turn, entry);
  if (turns.current != kNone) trigger(turns.current);
}

void Fold::turnSettled(StepId turn, OutputPtr output) {
  const StepId repeat = s_.steps[turn].container;
  Step& step = s_.steps[repeat];
  step.active->turns->output = std::move(output);
  step.phase = Phase::kUntil;
  trigger(repeat);
}

void Fold::nextTurn(StepId repeat, base::Duration waited) {
  Step& step = s_.steps[repeat];
  Turns& turns = *step.active->turns;
  turns.last = std::move(turns.output);
  step.phase = Phase::kInside;
  beginTurn(repeat, turns.turn + 1, {turns.current, waited});
}

}  // namespace faasbatch::engine
