// For tests: the invariants numbered above State (state.h), checked.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "node-agent/engine/scope.h"

namespace faasbatch::engine {

class Invariants {
 public:
  explicit Invariants(const State& s) : s_(s) {}

  std::vector<std::string> broken() {
    for (StepId id = 0; id < s_.steps.size(); ++id) {
      step(id, s_.steps[id]);
      attempts(id, s_.steps[id]);
    }
    for (FrameId id = 0; id < s_.frames.size(); ++id) {
      if (s_.frames[id].live) frame(id, s_.frames[id]);
    }
    ending();
    return std::move(broken_);
  }

 private:
  void need(bool holds, int number, std::uint32_t where) {
    if (!holds) broken_.push_back("invariant " + std::to_string(number) + " at " + std::to_string(where));
  }

  void step(StepId id, const Step& step) {
    need((step.phase == Phase::kEnded) == !step.active, 1, id);
    need((step.status == StepStatus::kActive) == !!step.active, 1, id);
    if (!step.active) return;
    if (step.container != kNone) {
      const Step& holder = s_.steps[step.container];
      need(holder.active && holder.phase == Phase::kInside, 2, id);
    } else if (id != kRunStep) {
      const Frame& frame = s_.frames[step.frame];
      need(frame.live && s_.steps[frame.owner].active && s_.steps[frame.owner].active->child == step.frame, 2,
           id);
    }
    if (step.phase == Phase::kInside && step.active->items) {
      const Items& items = *step.active->items;
      need(items.running == items.steps.size() - items.ended && items.running <= items.bound, 5, id);
      need(items.steps.size() == items.count || items.running == items.bound, 5, id);
    }
    for (const TimerKey timer : {step.active->timer, step.active->timeout, step.active->workflowTimeout}) {
      if (timer != kNone) need(s_.timers[timer].step == id, 7, id);
    }
    const bool timed =
        step.phase == Phase::kDelay || step.phase == Phase::kBackoff || step.phase == Phase::kWaiting;
    if (timed) need(step.active->timer != kNone, 7, id);
  }

  void attempts(StepId id, const Step& step) {
    std::uint32_t number =
        s_.shared() && step.firstAttempt != kNone ? s_.attempts[step.firstAttempt].number - 1 : 0;
    for (std::uint32_t i = step.firstAttempt; i != kNone; i = s_.attempts[i].next) {
      need(s_.attempts[i].number == ++number, 6, id);
      const bool running = s_.attempts[i].status == Attempt::Status::kRunning;
      if (running) need(i == step.lastAttempt && step.phase == Phase::kCalling, 6, id);
    }
  }

  void frame(FrameId id, const Frame& frame) {
    const PlanView& view = s_.plans[frame.plan];
    const auto hasEnded = [&](const Slot& slot) {
      return slot.step != kNone && s_.steps[slot.step].phase == Phase::kEnded;
    };
    const auto counts = [&](std::size_t position) {
      return s_.isHome() || id != kRootFrame || s_.ownership->mine(static_cast<Position>(position));
    };
    // A part's failed step waits for home to end the run.
    const auto wentWell = [&](const Slot& slot) {
      if (!hasEnded(slot)) return false;
      const StepStatus status = s_.steps[slot.step].status;
      return status == StepStatus::kSucceeded || status == StepStatus::kSkipped;
    };
    std::size_t left = 0;
    for (std::size_t i = 0; i < frame.live->slots.size(); ++i) {
      left += counts(i) && !hasEnded(frame.live->slots[i]) ? 1 : 0;
    }
    need(frame.live->left == left, 3, id);
    const bool part = id == kRootFrame && !s_.isHome();
    need(left > 0 || part || s_.steps[frame.owner].phase == Phase::kFinishing, 3, id);
    for (const workflow::NodeIndex node : view.block(frame.block).nodes) {
      const Slot& slot = frame.live->slots[view.position(node)];
      if (s_.shared() && id == kRootFrame) need(s_.roots[view.position(node)].step == slot.step, 4, id);
      // What ended before a predecessor ran again stays as it is.
      if (!counts(view.position(node)) || (s_.shared() && id == kRootFrame && hasEnded(slot))) continue;
      std::uint32_t unmet = 0;
      for (const workflow::NodeIndex before : view.node(node).predecessors) {
        unmet += wentWell(frame.live->slots[view.position(before)]) ? 0 : 1;
      }
      // A part's step that has begun goes on when one before it is run again here.
      const bool begun = part && slot.step != kNone;
      need((begun || slot.unmet == unmet) && (slot.step != kNone) == (slot.unmet == 0), 4, id);
    }
  }

  void ending() {
    if (s_.steps.empty()) return;
    need(s_.ended() == (s_.steps[kRunStep].phase == Phase::kEnded), 8, 0);
    if (!s_.ended()) return;
    for (StepId id = 0; id < s_.steps.size(); ++id) need(!s_.steps[id].active && !s_.steps[id].output, 8, id);
    for (FrameId id = 0; id < s_.frames.size(); ++id) need(!s_.frames[id].live, 8, id);
    const bool kept =
        s_.result && !s_.result->isList() && s_.result->ref().store != OutputRef::Store::kInline;
    need(s_.ledger.stored == (kept ? 1U : 0U) && s_.ledger.dropped.empty(), 9, 0);
  }

  const State& s_;
  std::vector<std::string> broken_;
};

inline std::vector<std::string> brokenInvariants(const Run& run) { return Invariants(run.state()).broken(); }

}  // namespace faasbatch::engine
