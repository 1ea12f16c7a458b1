#include <utility>

#include "node-agent/engine/fold.h"

namespace faasbatch::engine {

using workflow::NodeKind;

void Fold::stepReady(const StepReady& event) {
  if (event.step >= s_.steps.size()) return;
  Step& step = s_.steps[event.step];
  if (!step.active) return;
  const std::uint32_t round = event.decision.round;
  if (round != Decision::kAnyRound && round != evaluationRound(step)) return;
  if (step.active->fetching && step.phase == Phase::kEvaluating)
    step.fetch += now_ - step.active->triggeredAt;
  step.active->fetching = false;
  std::visit([&](const auto& what) { decide(event.step, what); }, event.decision.what);
}

// Each decision applies only to a step that waits for it; any other is late or a repetition.

void Fold::decide(StepId id, const Decision::Skip&) {
  const Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || step.role != Role::kStep) return;
  settle(id, StepStatus::kSkipped, nullptr, kNone);
}

void Fold::decide(StepId id, const Decision::Call& call) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || !makesCalls(s_, step)) return;
  step.active->input = call.input;
  step.active->heldInput = hold(s_.ledger, call.input);
  step.active->heldUnderWay = hold(s_.inputs, call.input);
  step.begun = true;
  if (recordInterruptions(id)) dispatch(id);
}

void Fold::decide(StepId id, const Decision::Enter& enter) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || step.role == Role::kRun) return;
  const workflow::Node& node = s_.node(step);
  step.begun = true;
  if (!doesWork(s_, step)) {
    if (!node.repeat) return;
    step.active->turns = std::make_unique<Turns>();
    step.phase = Phase::kInside;
    return beginTurn(id, 0, {});
  }
  if (node.kind == NodeKind::kGroup) return enterBody(id, node.body);
  if (node.kind == NodeKind::kWorkflow) return enterWorkflow(id, enter.input);
}

void Fold::decide(StepId id, const Decision::Items& items) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || step.role != Role::kStep || !s_.node(step).foreach) return;
  if (items.count > kMaxItems) return;
  step.begun = true;
  beginItems(id, items.count);
}

void Fold::decide(StepId id, const Decision::Arm& arm) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || !doesWork(s_, step)) return;
  const workflow::Node& node = s_.node(step);
  if (node.kind != NodeKind::kSwitch || (arm.arm && *arm.arm >= node.arms.size())) return;
  step.begun = true;
  if (!arm.arm) return settle(id, StepStatus::kSucceeded, nullptr, kNone);
  enterBody(id, node.arms[*arm.arm].block);
}

void Fold::decide(StepId id, const Decision::WaitUntil& wait) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || !doesWork(s_, step) || s_.node(step).kind != NodeKind::kWait)
    return;
  step.begun = true;
  step.phase = Phase::kWaiting;
  step.active->waitFrom = now_;
  step.active->timer = setTimer(id, wait.at);
}

void Fold::decide(StepId id, const Decision::Fail& fail) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kEvaluating || !doesWork(s_, step) || s_.node(step).kind != NodeKind::kFail)
    return;
  step.begun = true;
  Failure failure = failureOf(id, fail.type, fail.message);
  failure.retryable = false;  // it would fail again
  failBySelf(id, failure);
}

void Fold::decide(StepId id, const Decision::Until& until) {
  const Step& step = s_.steps[id];
  if (step.phase != Phase::kUntil) return;
  const workflow::Repeat& repeat = *s_.node(step).repeat;
  Turns& turns = *step.active->turns;
  if (until.done || turns.turn + 1 >= repeat.limit) {
    const StepId last = turns.current;
    return settle(id, StepStatus::kSucceeded, std::move(turns.output), last);
  }
  if (repeat.delay <= base::Duration(0)) return nextTurn(id, base::Duration(0));
  s_.steps[id].phase = Phase::kDelay;
  step.active->waitFrom = now_;
  step.active->timer = setTimer(id, now_ + repeat.delay);
}

void Fold::decide(StepId id, const Decision::Output& output) {
  const Step& step = s_.steps[id];
  if (step.phase != Phase::kFinishing) return;
  workflowEnded(id, Output::of(inlineRef(output.value), s_.ledger), step.lastChild);
}

void Fold::decide(StepId id, const Decision::Error& error) {
  const Step& step = s_.steps[id];
  const Phase phase = step.phase;
  if (phase != Phase::kEvaluating && phase != Phase::kUntil && phase != Phase::kFinishing) return;
  Failure failure = failureOf(id, error.type, error.message);
  // The same expression over the same values fails again; a store may come back. Turns and steps of a
  // workflow that have succeeded are not run anew for that.
  failure.retryable = phase == Phase::kEvaluating && error.type == "StoreUnavailable";
  failBySelf(id, failure);
}

}  // namespace faasbatch::engine
