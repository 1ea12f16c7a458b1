#include <utility>

#include "node-agent/engine/fold.h"
#include "node-agent/engine/retry.h"
#include "node-agent/engine/text.h"

namespace faasbatch::engine {
namespace {

std::string because(const std::string& waits) { return waits.empty() ? "" : ": " + waits; }

}  // namespace

Fold::Failure Fold::failureOf(StepId id, std::string type, std::string message) const {
  const Active& active = *s_.steps[id].active;
  RunError error{.type = std::move(type),
                 .message = std::move(message),
                 .step = stepName(s_, id),
                 .attempts = active.attempt > 0 ? active.attempt : active.retries + 1};
  return {.error = std::move(error)};
}

// The step itself is what failed, not something inside it or a call.
void Fold::failBySelf(StepId id, const Failure& failure) {
  Step& step = s_.steps[id];
  step.selfFailed = true;
  step.error = kept({failure.error.type, failure.error.message});
  if (step.role == Role::kRun) return runFailed(failure, step.lastChild);
  const StepId inside = cancelInside(id);
  const StepId cause = step.lastChild != kNone ? step.lastChild : inside;
  if (step.active->turns && cause == kNone) return failed(id, failure, step.active->turns->current);
  workFailed(id, failure, cause);
}

// What the step does has failed once: its retry policy decides. Nothing is under way inside.
void Fold::workFailed(StepId id, const Failure& failure, StepId cause) {
  Step& step = s_.steps[id];
  Active& active = *step.active;
  const workflow::Node& node = s_.node(step);
  if (!failure.retryable || !retries(node.retry, failure.error.type, active.retries))
    return failed(id, failure, cause);
  ++active.retries;
  active.workflowTimeout = kNone;
  active.child = kNone;
  if (cause != kNone) {
    active.entryCause = cause;
    active.entryWait = base::Duration(0);
  }
  const base::Duration delay =
      backoff(node.retry.backoff, active.retries, s_.accepted.id, node.path, indexPath(s_, id));
  step.phase = Phase::kBackoff;
  active.waitFrom = now_;
  active.timer = setTimer(id, now_ + delay);
}

// The step has failed for good: a catch of it decides, or it takes along what encloses it.
void Fold::failed(StepId id, const Failure& failure, StepId cause, bool mayCatch) {
  Step& step = s_.steps[id];
  const workflow::Node& node = s_.node(step);
  if (step.role == Role::kStep && mayCatch) {
    for (const workflow::Catch& handler : node.catches) {
      if (!namesType(handler.on, failure.error.type)) continue;
      Active& active = *step.active;
      step.phase = Phase::kCatching;
      step.lastChild = cause;
      active.error = std::make_unique<RunError>(failure.error);
      active.input.reset();
      active.heldInput = {};
      active.heldUnderWay = {};
      active.items.reset();
      active.turns.reset();
      active.timeout = kNone;  // bounds what the step does, not what is done about its failure
      const base::Instant deadline = s_.frames[step.frame].live->deadline;
      return begin(
          openFrame(id, Frame::Kind::kCatch, step.plan, handler.block, deadline, {cause, base::Duration(0)}));
    }
  }
  const StepId container = step.container;
  const FrameId frame = step.frame;
  end(step, failure.error.type == "Timeout" ? StepStatus::kTimedOut : StepStatus::kFailed, cause);
  if (step.role == Role::kStep) return frameFailed(frame, failure, id);
  cancelInside(container);
  failed(container, failure, id);
}

// Fail fast: what runs beside the failed step is cancelled at once.
void Fold::frameFailed(FrameId id, const Failure& failure, StepId cause) {
  const StepId owner = s_.frames[id].owner;
  const Frame::Kind kind = s_.frames[id].kind;
  if (id == kRootFrame && !s_.isHome()) return rootFailed(failure, cause);
  cancelInside(owner);
  if (owner == kRunStep) return runFailed(failure, cause);
  if (kind == Frame::Kind::kCatch) return failed(owner, failure, cause, false);
  workFailed(owner, failure, cause);
}

// The step's own timeout: over all its attempts, so nothing is tried again.
void Fold::timedOut(StepId id, const std::string& waits) {
  if (id == kRunStep) {
    const std::string limit = durationText(s_.accepted.plans->main->timeout);
    return runFailed(failureOf(id, "Timeout", "the run did not end within " + limit + because(waits)), kNone);
  }
  Step& step = s_.steps[id];
  const workflow::Node& node = s_.node(step);
  Failure failure =
      failureOf(id, "Timeout",
                "the step did not end within its timeout of " + durationText(*node.timeout) + because(waits));
  failure.retryable = false;
  const ErrorText error{failure.error.type, failure.error.message};
  step.error = kept(error);
  step.selfFailed = true;
  abandonCall(id, Attempt::Status::kTimedOut, &error);
  const StepId inside = cancelInside(id);
  failed(id, failure, inside != kNone ? inside : step.active->entryCause);
}

void Fold::workflowTimedOut(StepId id, const std::string& waits) {
  const workflow::Node& node = s_.node(s_.steps[id]);
  const workflow::PlanPtr& plan = s_.plans[s_.frames[s_.steps[id].active->child].plan].plan();
  const Failure failure = failureOf(id, "Timeout",
                                    "workflow \"" + node.workflow + "\" did not end within its timeout of " +
                                        durationText(plan->timeout) + because(waits));
  s_.steps[id].selfFailed = true;
  s_.steps[id].error = kept({failure.error.type, failure.error.message});
  const StepId inside = cancelInside(id);
  workFailed(id, failure, inside != kNone ? inside : s_.steps[id].lastChild);
}

void Fold::timerFired(const TimerFired& event) {
  if (event.timer >= s_.timers.size()) return;
  const StepId id = s_.timers[event.timer].step;
  Step& step = s_.steps[id];
  if (!step.active) return;
  Active& active = *step.active;
  if (event.timer == active.timeout) return timedOut(id, event.waits);
  if (event.timer == active.workflowTimeout && step.phase != Phase::kCatching)
    return workflowTimedOut(id, event.waits);
  if (event.timer != active.timer) return;
  active.timer = kNone;
  const base::Duration waited = now_ - active.waitFrom;
  if (step.phase == Phase::kDelay) return nextTurn(id, waited);
  if (step.phase == Phase::kWaiting) {
    step.waited = waited;
    return settle(id, StepStatus::kSucceeded, nullptr, kNone);
  }
  if (step.phase != Phase::kBackoff) return;
  if (active.entryCause != kNone) {
    active.entryWait += waited;
  } else if (step.lastAttempt != kNone) {
    s_.attempts[step.lastAttempt].waited += waited;
  } else {
    step.waited += waited;
  }
  tryAgain(id);
}

}  // namespace faasbatch::engine
