#include <utility>

#include "node-agent/engine/fold.h"
#include "node-agent/engine/retry.h"

namespace faasbatch::engine {
namespace {

constexpr const char* kRestarted = "the agent restarted";

}  // namespace

std::uint32_t Fold::place(const calls::Where& where) {
  if (!s_.places.empty() && s_.places.back() == where)
    return static_cast<std::uint32_t>(s_.places.size() - 1);
  std::string key =
      where.node + '\n' + where.pod + '\n' + where.batch + '\n' + std::to_string(where.batchSize);
  const auto [found, added] =
      s_.placeOf.try_emplace(std::move(key), static_cast<std::uint32_t>(s_.places.size()));
  if (added) s_.places.push_back(where);
  return found->second;
}

// The entry of an attempt, the last one or one more.
Attempt& Fold::attemptEntry(StepId id, std::uint32_t number) {
  Step& step = s_.steps[id];
  if (step.lastAttempt != kNone && s_.attempts[step.lastAttempt].number == number)
    return s_.attempts[step.lastAttempt];
  const auto index = static_cast<std::uint32_t>(s_.attempts.size());
  Attempt& attempt = s_.attempts.emplace_back();
  attempt.number = number;
  attempt.startedAt = now_;
  if (step.lastAttempt == kNone) {
    step.firstAttempt = index;
  } else {
    s_.attempts[step.lastAttempt].next = index;
  }
  step.lastAttempt = index;
  return attempt;
}

std::unique_ptr<ErrorText> Fold::kept(ErrorText error) {
  s_.errorBytes += sizeof(ErrorText) + error.type.size() + error.message.size();
  return std::make_unique<ErrorText>(std::move(error));
}

void Fold::closeAttempt(StepId id, Attempt::Status status, const ErrorText* error) {
  Attempt& attempt = s_.attempts[s_.steps[id].lastAttempt];
  attempt.status = status;
  attempt.endedAt = now_;
  if (error) attempt.error = kept(*error);
}

// Ends the call that is under way, if any: nobody waits for it any more. What is known of its time is kept.
void Fold::abandonCall(StepId id, Attempt::Status status, const ErrorText* error) {
  Step& step = s_.steps[id];
  if (step.phase != Phase::kCalling) return;
  out_.emplace_back(CancelAttempt{id, step.active->attempt});
  if (!step.active->started) {
    step.queued = now_ - step.active->dispatchedAt;
    return;
  }
  closeAttempt(id, status, error);
  Attempt& attempt = s_.attempts[step.lastAttempt];
  attempt.receipt.queue = attempt.startedAt - step.active->dispatchedAt;
  attempt.receipt.exec = now_ - attempt.startedAt;
}

// Calls that were under way when the agent went down, of which nothing but the restart is known: they had a
// number each. False: that was one too many, and the step has failed.
bool Fold::recordInterruptions(StepId id) {
  Active& active = *s_.steps[id].active;
  for (; active.interruptions > 0; --active.interruptions) {
    const std::size_t known = s_.attempts.size();
    Attempt& attempt = attemptEntry(id, ++active.attempt);
    if (s_.attempts.size() > known) attempt.startedAt = active.triggeredAt;
    const ErrorText lost{"PodLost", kRestarted};
    closeAttempt(id, Attempt::Status::kFailed, &lost);
    attempt.endedAt = active.interruptedAt;
    if (++active.blameless <= kBlamelessRetries) continue;
    active.interruptions = 0;
    workFailed(id, failureOf(id, lost.type, lost.message), kNone);
    return false;
  }
  return true;
}

void Fold::dispatch(StepId id) {
  Step& step = s_.steps[id];
  Active& active = *step.active;
  step.phase = Phase::kCalling;
  active.started = false;
  active.dispatchedAt = now_;
  ++active.attempt;
  const workflow::Node& node = s_.node(step);
  out_.emplace_back(Dispatch{.step = id,
                             .attempt = active.attempt,
                             .plan = s_.plans[step.plan].plan(),
                             .function = node.function,
                             .name = node.name,
                             .index = indexPath(s_, id),
                             .input = *active.input,
                             .deadline = active.deadline,
                             .isolate = active.isolate,
                             .alone = active.alone});
}

// One more try of what the step does: its call with the input it had, or everything from its evaluation on.
void Fold::tryAgain(StepId id) {
  Step& step = s_.steps[id];
  if (step.active->input) return dispatch(id);
  step.phase = Phase::kEvaluating;
  trigger(id);
}

void Fold::attemptStarted(const AttemptStarted& event) {
  if (event.step >= s_.steps.size()) return;
  Step& step = s_.steps[event.step];
  if (step.phase != Phase::kCalling || step.active->attempt != event.attempt || step.active->started) return;
  step.active->started = true;
  attemptEntry(event.step, event.attempt).place = place(event.where);
  if (!s_.called) s_.startedAt = now_;
  s_.called = true;
}

// In a replay the decision to call is not there (it is not journaled): the attempt's end implies it.
bool Fold::awaits(const AttemptEnded& event) const {
  if (event.step >= s_.steps.size()) return false;
  const Step& step = s_.steps[event.step];
  if (!step.active) return false;
  if (step.phase == Phase::kCalling) return event.attempt == step.active->attempt;
  return step.phase == Phase::kEvaluating && makesCalls(s_, step) &&
         event.attempt == step.active->attempt + step.active->interruptions + 1;
}

void Fold::attemptEnded(const AttemptEnded& event) {
  if (!awaits(event)) return late(event);
  Step& step = s_.steps[event.step];
  if (step.phase == Phase::kEvaluating) {
    if (!recordInterruptions(event.step)) return;
    step.phase = Phase::kCalling;
    ++step.active->attempt;
  }
  step.begun = true;
  Attempt& attempt = attemptEntry(event.step, event.attempt);
  attempt.place = place(event.where);
  attempt.startedAt = event.startedAt;
  attempt.receipt = event.receipt;
  if (!s_.called || event.startedAt < s_.startedAt) s_.startedAt = event.startedAt;
  s_.called = true;
  if (!event.outcome) return callFailed(event.step, event.outcome.error());
  closeAttempt(event.step, Attempt::Status::kSucceeded, nullptr);
  settle(event.step, StepStatus::kSucceeded, Output::of(*event.outcome, s_.ledger), kNone);
}

// What an attempt left behind that nobody waits for any more.
void Fold::late(const AttemptEnded& event) {
  if (!event.outcome || event.outcome->store == OutputRef::Store::kInline) return;
  if (event.step >= s_.steps.size()) return;
  for (std::uint32_t i = s_.steps[event.step].firstAttempt; i != kNone; i = s_.attempts[i].next) {
    // Said once more; its output is in use, or was released in its time.
    if (s_.attempts[i].number == event.attempt && s_.attempts[i].status == Attempt::Status::kSucceeded)
      return;
  }
  out_.emplace_back(Release{{{event.outcome->store, event.outcome->key}}});
}

void Fold::attemptExplained(const AttemptExplained& event) {
  if (event.step >= s_.steps.size()) return;
  for (std::uint32_t i = s_.steps[event.step].firstAttempt; i != kNone; i = s_.attempts[i].next) {
    Attempt& attempt = s_.attempts[i];
    if (attempt.number != event.attempt || !attempt.error) continue;
    attempt.error->message += ": " + event.why;
    s_.errorBytes += event.why.size();
    return;
  }
}

// Whether the last attempt got as far as a pod.
bool Fold::ranInPod(StepId id) const {
  const std::uint32_t place = s_.attempts[s_.steps[id].lastAttempt].place;
  return place != kNone && !s_.places[place].pod.empty();
}

bool triesAgain(const Run& run, StepId step, const calls::CallError& error) {
  const State& s = run.state();
  if (step >= s.steps.size() || !s.steps[step].active) return false;
  const Active& active = *s.steps[step].active;
  if (error.blameless && active.blameless < kBlamelessRetries) return true;
  return retries(s.node(s.steps[step]).retry, error.type, active.retries);
}

// What kills its process, or even its pod, must not take the same mates along once more: each next try is
// further away from other calls than the one before.
void Fold::callFailed(StepId id, const calls::CallError& error) {
  Active& active = *s_.steps[id].active;
  const ErrorText text{error.type, error.message};
  closeAttempt(id, error.type == "Timeout" ? Attempt::Status::kTimedOut : Attempt::Status::kFailed, &text);
  const bool crashed = error.type == "WorkerCrashed";
  const bool lost = error.type == "PodLost" && ranInPod(id);
  active.alone = active.alone || lost || (crashed && active.isolate);
  active.isolate = active.isolate || lost || crashed;
  if (error.blameless && active.blameless < kBlamelessRetries) {
    ++active.blameless;
    return tryAgain(id);
  }
  workFailed(id, failureOf(id, error.type, error.message), kNone);
}

// Calls under way are lost with the agent that waited for them; of a call not yet decided nobody knows.
void Fold::recovered() {
  const auto before = static_cast<StepId>(s_.steps.size());  // what a failure here begins is not concerned
  for (StepId id = 0; id < before && !s_.ended(); ++id) {
    Step& step = s_.steps[id];
    if (!step.active || !makesCalls(s_, step)) continue;
    Active& active = *step.active;
    if (step.phase != Phase::kEvaluating && step.phase != Phase::kCalling) continue;
    if (step.phase == Phase::kCalling) --active.attempt;  // recorded below, or when it is evaluated
    const bool calling = step.phase == Phase::kCalling;
    step.phase = Phase::kEvaluating;
    ++active.interruptions;
    active.interruptedAt = now_;
    if (calling && active.input && recordInterruptions(id)) dispatch(id);
  }
}

}  // namespace faasbatch::engine
