#include "node-agent/engine/waiting.h"

#include <utility>

#include "lib/json/shorten.h"
#include "node-agent/engine/root_list.h"
#include "node-agent/engine/scope.h"

namespace faasbatch::engine {
namespace {

// As deep as steps lie inside one another, which validation and kMaxWorkflowDepth bound.
std::optional<WaitingCall> waitingIn(const State& s, StepId id) {
  if (id == kNone || !s.steps[id].active) return std::nullopt;
  const Step& step = s.steps[id];
  const Active& active = *step.active;
  if (step.phase == Phase::kCalling && !active.started)
    return WaitingCall{id, active.attempt, stepName(s, id)};
  if (active.items) {
    for (const StepId item : active.items->steps) {
      if (const auto found = waitingIn(s, item)) return found;
    }
  }
  if (active.turns) {
    if (const auto found = waitingIn(s, active.turns->current)) return found;
  }
  if (active.child == kNone || !s.frames[active.child].live) return std::nullopt;
  for (const Slot& slot : s.frames[active.child].live->slots) {
    if (const auto found = waitingIn(s, slot.step)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<WaitingCall> waitingInside(const Run& run, TimerKey timer) {
  const State& s = run.state();
  if (timer >= s.timers.size()) return std::nullopt;
  const StepId id = s.timers[timer].step;
  const Step& step = s.steps[id];
  if (!step.active) return std::nullopt;
  const bool bounds = timer == step.active->timeout || timer == step.active->workflowTimeout;
  return bounds ? waitingIn(s, id) : std::nullopt;
}

std::optional<WaitingCall> waitingAt(const Run& run, Position position) {
  const State& s = run.state();
  if (position >= s.roots.size() || !s.ownership->mine(position)) return std::nullopt;
  return waitingIn(s, s.roots[position].step);
}

std::string waitsElsewhere(const Run& run, TimerKey timer) {
  const State& s = run.state();
  if (timer >= s.timers.size() || s.timers[timer].step != kRunStep || s.ended()) return {};
  for (Position p = 0; p < s.roots.size(); ++p) {
    if (s.roots[p].waits.empty() || s.ownership->mine(p) || hasEnded(s, p)) continue;
    return s.roots[p].waits + " (on node " + s.ownership->owner(p) + ")";
  }
  return {};
}

std::string boundedWaits(std::string text) { return json::shortened(std::move(text), kMaxWaitsBytes); }

}  // namespace faasbatch::engine
