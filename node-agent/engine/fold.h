// How one event changes a run. The parts of this class lie by concept in fold_*.cpp:
//
//   fold_events    which event goes where, and whether it still applies
//   fold_decisions what evaluating a step came to
//   fold_frames    lists of steps: begin, go on, end
//   fold_loops     foreach and repeat
//   fold_calls     attempts of function calls
//   fold_failures  retry, catch, fail fast, timeouts
//   fold_end       cancelling what is under way; the end of the run
//   fold_shared    the root list of a run that several agents share
//   fold_owners    its steps get other owners
//   fold_handback  an agent that shuts down gives back what it has not begun
#pragma once

#include <string>
#include <vector>

#include "node-agent/engine/scope.h"

namespace faasbatch::engine {

// Lives for one event.
class Fold {
 public:
  Fold(State& s, base::Instant now, std::vector<Command>& out) : s_(s), now_(now), out_(out) {}

  void accept(const Accepted& accepted);
  void stepReady(const StepReady& event);
  void attemptStarted(const AttemptStarted& event);
  void attemptEnded(const AttemptEnded& event);
  void attemptExplained(const AttemptExplained& event);
  void timerFired(const TimerFired& event);
  void cancelAsked();
  void grewTooLarge(const GrewTooLarge& event);
  void recovered();
  void remoteEnded(const RemoteEnded& event);
  void remoteProgress(const RemoteProgress& event);
  void ownerLost(const OwnerLost& event);
  void shareChanged(const ShareChanged& event);
  void letGo(const LetGo& event);
  void handedBack(const HandedBack& event);

  // Ends of remote steps that came early and whose time has come. After each event of a shared run.
  void unpark();

  // After each event: what has become too many, and what nobody needs any more.
  void tidy();

 private:
  // Why something fails: what the contract's error says, and whether a retry policy may try again.
  struct Failure {
    RunError error;
    bool retryable = true;
  };

  // Where a step or frame begins on the critical path.
  struct Entry {
    StepId cause = kNone;
    base::Duration wait{0};
  };

  // fold_decisions
  void decide(StepId id, const Decision::Skip& skip);
  void decide(StepId id, const Decision::Call& call);
  void decide(StepId id, const Decision::Enter& enter);
  void decide(StepId id, const Decision::Items& items);
  void decide(StepId id, const Decision::Arm& arm);
  void decide(StepId id, const Decision::WaitUntil& wait);
  void decide(StepId id, const Decision::Fail& fail);
  void decide(StepId id, const Decision::Until& until);
  void decide(StepId id, const Decision::Output& output);
  void decide(StepId id, const Decision::Error& error);

  // fold_frames
  StepId addStep(FrameId frame, workflow::NodeIndex node, Role role, StepId container, std::uint32_t index,
                 Entry entry);
  void trigger(StepId id);
  FrameId openFrame(StepId owner, Frame::Kind kind, std::uint32_t plan, workflow::BlockIndex block,
                    base::Instant deadline, Entry entry);
  void begin(FrameId frame);
  void closeFrame(FrameId id);
  void enterBody(StepId id, workflow::BlockIndex block);
  void enterWorkflow(StepId id, const std::optional<base::Payload>& input);
  std::uint32_t planView(const workflow::PlanPtr& plan);
  void settle(StepId id, StepStatus status, OutputPtr output, StepId lastChild);
  void stepSettled(StepId id);
  void userGone(Live& live, std::uint32_t position);
  void frameEnded(FrameId frame, StepId lastStep);
  void finishWorkflow(StepId owner, FrameId frame, StepId lastStep);
  void workflowEnded(StepId owner, OutputPtr output, StepId lastStep);
  void end(Step& step, StepStatus status, StepId lastChild);

  // fold_loops
  void beginItems(StepId foreach, std::uint32_t count);
  void spawnItems(StepId foreach, Entry entry);
  void itemSettled(StepId item, OutputPtr output);
  void beginTurn(StepId repeat, std::uint32_t turn, Entry entry);
  void turnSettled(StepId turn, OutputPtr output);
  void nextTurn(StepId repeat, base::Duration waited);

  // fold_calls
  bool recordInterruptions(StepId id);
  void dispatch(StepId id);
  void tryAgain(StepId id);
  Attempt& attemptEntry(StepId id, std::uint32_t number);
  std::uint32_t place(const calls::Where& where);
  bool awaits(const AttemptEnded& event) const;
  void late(const AttemptEnded& event);
  bool ranInPod(StepId id) const;
  void callFailed(StepId id, const calls::CallError& error);
  void abandonCall(StepId id, Attempt::Status status, const ErrorText* error);
  std::unique_ptr<ErrorText> kept(ErrorText error);
  void closeAttempt(StepId id, Attempt::Status status, const ErrorText* error);

  // fold_failures
  Failure failureOf(StepId id, std::string type, std::string message) const;
  void workFailed(StepId id, const Failure& failure, StepId cause);
  void failed(StepId id, const Failure& failure, StepId cause, bool mayCatch = true);
  void frameFailed(FrameId frame, const Failure& failure, StepId cause);
  void timedOut(StepId id, const std::string& waits);
  void workflowTimedOut(StepId id, const std::string& waits);
  void failBySelf(StepId id, const Failure& failure);

  // fold_shared
  void beginRoot(const Share* share);
  void becomeReady(Position position, Entry entry);
  void rootSettled(StepId id);
  void rootFailed(const Failure& failure, StepId id);
  void inputsDone(Position position);
  void forgetOutput(Position position);
  void tell(Position position, StepId id, const Failure* failure);
  void know(const StepEnd& end, bool succeed);
  void settleRemote(const StepEnd& end);
  void keepStray(const StepEnd& end);
  void show(Position position, const StepRecords& records, const std::string& waits = {});
  void seenCall(std::optional<base::Duration> began);
  bool believed(const std::string& from, Position position, std::uint32_t epoch) const;
  bool concerns(Position position) const;
  bool isMet(Position position);

  // fold_owners
  void engage();
  void lose(Position position, const std::string& agent, const std::string& why);
  void keepTime(Position position);
  void reassign(OwnershipPtr next, const std::vector<Position>& again,
                const std::vector<Position>& unfinished, const std::string& why);
  void reopen(const std::vector<Position>& positions);
  void retire(Position position);
  void takeOver(Position position, const std::string& why);
  void adopt(const Ownership& before, const Share& share);
  void restoreOutputs(const Share& share);
  void tellAgain(const Ownership& before, const Share& share);

  // fold_end
  StepId cancelInside(StepId id);
  void cancel(StepId id);
  void endRun(RunStatus status, const RunError& error, StepId cause);
  void runSucceeded(OutputPtr output, StepId cause);
  void runFailed(const Failure& failure, StepId cause);
  void outOfBounds(const RunError& error);

  TimerKey setTimer(StepId id, base::Instant at);

  State& s_;
  base::Instant now_;
  std::vector<Command>& out_;
  bool tooMany_ = false;
};

}  // namespace faasbatch::engine
