#include <utility>

#include "node-agent/engine/fold.h"

namespace faasbatch::engine {

// Cancels one step and all inside it; tells nobody.
void Fold::cancel(StepId id) {
  Step& step = s_.steps[id];
  if (!step.active) return;
  abandonCall(id, Attempt::Status::kCancelled, nullptr);
  const StepId inside = cancelInside(id);
  end(step, StepStatus::kCancelled, inside);
}

// Cancels what is under way inside a step. Gives one of what was, for the critical path; kNone where nothing
// was.
StepId Fold::cancelInside(StepId id) {
  Active& active = *s_.steps[id].active;
  StepId under = kNone;
  const auto stop = [&](StepId inner) {
    if (inner == kNone || !s_.steps[inner].active) return;
    cancel(inner);
    if (under == kNone) under = inner;
  };
  if (active.items) {
    for (const StepId item : active.items->steps) stop(item);
  }
  if (active.turns) stop(active.turns->current);
  if (active.child != kNone && s_.frames[active.child].live) {
    for (const Slot& slot : s_.frames[active.child].live->slots) stop(slot.step);
    closeFrame(active.child);
  }
  active.child = kNone;
  active.workflowTimeout = kNone;
  return under;
}

void Fold::endRun(RunStatus status, const RunError& error, StepId cause) {
  Step& run = s_.steps[kRunStep];
  const StepId inside = cancelInside(kRunStep);
  const StepId last = cause != kNone ? cause : inside != kNone ? inside : run.lastChild;
  end(run, status == RunStatus::kSucceeded ? StepStatus::kSucceeded : StepStatus::kFailed, last);
  s_.status = status;
  s_.error = error;
  s_.finishedAt = now_;
  s_.strays.clear();  // one may be the run's output, told again by its owner
  std::erase_if(s_.ledger.dropped, [&](const StoreKey& key) { return key.key == s_.output.key; });
  for (RootStep& root : s_.roots) root.parked.reset();
  tidy();
  out_.emplace_back(Answer{});
}

void Fold::runSucceeded(OutputPtr output, StepId cause) {
  if (output && output->isList()) {
    s_.output = inlineRef(*output->text({}));  // all inline: finishWorkflow saw to it
  } else if (output) {
    s_.output = output->ref();
  } else {
    s_.output = inlineRef({});
  }
  s_.result = std::move(output);
  endRun(RunStatus::kSucceeded, {}, cause);
}

void Fold::runFailed(const Failure& failure, StepId cause) {
  RunStatus status = RunStatus::kFailed;
  if (failure.error.type == "Timeout") status = RunStatus::kTimedOut;
  if (failure.error.type == "Cancelled") status = RunStatus::kCancelled;
  endRun(status, failure.error, cause);
}

void Fold::cancelAsked() {
  endRun(RunStatus::kCancelled,
         {.type = "Cancelled", .message = "the run was cancelled", .step = {}, .attempts = 1}, kNone);
}

void Fold::grewTooLarge(const GrewTooLarge& event) {
  outOfBounds({.type = "RunTooLarge", .message = event.message, .step = {}, .attempts = 1});
}

// No step is to blame, and none can catch it: the run ends.
void Fold::outOfBounds(const RunError& error) {
  if (s_.isHome()) return endRun(RunStatus::kFailed, error, kNone);
  for (const RootStep& root : s_.roots) {  // of a part, one step fails, and with it the run
    if (root.step == kNone || !s_.steps[root.step].active) continue;
    abandonCall(root.step, Attempt::Status::kCancelled, nullptr);
    const StepId inside = cancelInside(root.step);
    end(s_.steps[root.step], StepStatus::kFailed, inside);
    return rootFailed({.error = error, .retryable = false}, root.step);
  }
}

void Fold::tidy() {
  if (std::exchange(tooMany_, false) && !s_.ended()) {
    outOfBounds({.type = "TooManySteps",
                 .message = "the run has more than " + std::to_string(kMaxStepInstances) + " steps",
                 .step = {},
                 .attempts = 1});
  }
  if (s_.ledger.dropped.empty()) return;
  s_.ledger.released.insert(s_.ledger.released.end(), s_.ledger.dropped.begin(), s_.ledger.dropped.end());
  out_.emplace_back(Release{std::exchange(s_.ledger.dropped, {})});
}

}  // namespace faasbatch::engine
