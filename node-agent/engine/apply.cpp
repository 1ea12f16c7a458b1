#include <algorithm>
#include <utility>

#include "node-agent/engine/evaluator.h"
#include "node-agent/engine/fold.h"

namespace faasbatch::engine {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

void Fold::accept(const Accepted& accepted) {
  s_.begun = true;
  s_.accepted = accepted;
  const Share* share = accepted.share.get();
  s_.createdAt = now_;
  if (share) {
    s_.ownership = share->ownership;
    s_.epoch = share->epoch;
    s_.roots.resize(accepted.plans->main->blocks[0].nodes.size());
    if (!s_.isHome()) s_.createdAt = share->createdAt;
  }
  s_.startedAt = s_.createdAt;
  Step& run = s_.steps.emplace_back();
  run.role = Role::kRun;
  run.phase = Phase::kInside;
  run.readyAt = now_;
  run.active = std::make_unique<Active>();
  ++s_.activeSteps;
  run.active->deadline = accepted.deadline;
  if (s_.isHome()) run.active->timeout = setTimer(kRunStep, accepted.deadline);
  const workflow::PlanPtr& main = accepted.plans->main;
  if (accepted.function) {
    const auto function = main->findFunction(*accepted.function);
    if (!function) {
      Failure failure =
          failureOf(kRunStep, "FunctionNotFound",
                    "workflow \"" + main->name + "\" has no function \"" + *accepted.function + "\"");
      return runFailed(failure, kNone);
    }
    s_.plans.emplace_back(main, *function);
  } else {
    s_.plans.emplace_back(main);
  }
  const FrameId frame = openFrame(kRunStep, Frame::Kind::kWorkflow, 0, 0, accepted.deadline, {});
  s_.frames[frame].live->input = Output::of(accepted.input, s_.ledger);
  s_.frames[frame].live->hasInput = true;
  if (!share) return begin(frame);
  engage();
  beginRoot(share);
}

std::vector<Command> apply(Run& run, const Event& event) {
  State& s = run.state();
  std::vector<Command> commands;
  s.lastAt = std::max(s.lastAt, event.at);
  Fold fold(s, s.lastAt, commands);
  const auto* accepted = std::get_if<Accepted>(&event.what);
  if (!s.begun) {
    if (accepted) fold.accept(*accepted);
  } else if (const auto* attempt = std::get_if<AttemptEnded>(&event.what); attempt || !s.ended()) {
    if (!accepted && s.status == RunStatus::kPending) s.status = RunStatus::kRunning;
    std::visit(Overloaded{
                   [](const Accepted&) {},
                   [&](const StepReady& e) { fold.stepReady(e); },
                   [&](const AttemptStarted& e) { fold.attemptStarted(e); },
                   [&](const AttemptEnded& e) { fold.attemptEnded(e); },
                   [&](const TimerFired& e) { fold.timerFired(e); },
                   [&](const CancelAsked&) { fold.cancelAsked(); },
                   [&](const GrewTooLarge& e) { fold.grewTooLarge(e); },
                   [&](const Recovered&) { fold.recovered(); },
                   [&](const RemoteEnded& e) { fold.remoteEnded(e); },
                   [&](const RemoteProgress& e) { fold.remoteProgress(e); },
                   [&](const OwnerLost& e) { fold.ownerLost(e); },
                   [&](const ShareChanged& e) { fold.shareChanged(e); },
                   [&](const AttemptExplained& e) { fold.attemptExplained(e); },
                   [&](const LetGo& e) { fold.letGo(e); },
                   [&](const HandedBack& e) { fold.handedBack(e); },
               },
               event.what);
  }
  if (s.shared()) fold.unpark();
  fold.tidy();
  return commands;
}

std::vector<Command> pending(const Run& run) {
  const State& s = run.state();
  std::vector<Command> commands;
  const auto timer = [&](TimerKey key) {
    if (key != kNone) commands.emplace_back(SetTimer{key, s.timers[key].at});
  };
  for (StepId id = 0; id < s.steps.size(); ++id) {
    const Step& step = s.steps[id];
    if (!step.active) continue;
    timer(step.active->timeout);
    timer(step.active->workflowTimeout);
    timer(step.active->timer);
    const bool evaluates =
        step.phase == Phase::kEvaluating || step.phase == Phase::kUntil || step.phase == Phase::kFinishing;
    if (evaluates) commands.emplace_back(Trigger{id, needsOf(s, id)});
  }
  if (!s.ledger.released.empty()) commands.emplace_back(Release{s.ledger.released});
  if (s.ended()) commands.emplace_back(Answer{});
  return commands;
}

}  // namespace faasbatch::engine
