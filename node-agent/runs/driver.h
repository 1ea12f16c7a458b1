// Carries out the engine's commands for the runs of an agent and brings it their events.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "node-agent/engine/waiting.h"
#include "node-agent/runs/active_run.h"
#include "node-agent/runs/backlog.h"

namespace faasbatch::runs {

inline constexpr base::Duration kWriteBehind = std::chrono::milliseconds(20);  // of a run's events
// Where all runs together have grown too large, one of these ends; only where there is none, the one that
// grows.
inline constexpr std::size_t kLargeRun = 1 << 20;

// What is to be done for runs that several agents share.
class Sharer {
 public:
  virtual ~Sharer() = default;
  virtual void tell(const ActiveRunPtr& run, const engine::Tell& command) = 0;
  virtual void engage(const ActiveRunPtr& run, const engine::Engage& command) = 0;
  virtual void handBack(const ActiveRunPtr& part, const engine::HandBack& command) = 0;
  // This agent shuts down: what follows on its steps may be elsewhere by then.
  virtual bool leaving() const = 0;
  // Of this agent's parts, in keys of stored outputs: another one for each life of it.
  virtual std::string partName() const = 0;
  virtual void partEnded(const ActiveRunPtr& part) = 0;
};

// Loop thread only. `ended` is called once a run, with its output at hand, but not of parts.
class Driver {
 public:
  using Ended = std::function<void(const ActiveRunPtr&, base::Payload output)>;
  Driver(Runs::Dependencies dependencies, Ended ended);
  void setSharer(Sharer* sharer) { sharer_ = sharer; }

  // Folds an event in, and all that follows from it at once.
  void deliver(const ActiveRunPtr& run, decltype(engine::Event::what) what);
  // Runs `task` when no event of the run waits for the disk: at once, or after it has been folded in.
  static void whenWritten(const ActiveRunPtr& run, std::move_only_function<void()> task);
  // Folds in what is in the run's inbox.
  void begin(const ActiveRunPtr& run) { fold(run); }
  // Gives commands again after a replay.
  void resume(const ActiveRunPtr& run);
  // What the runs hold on to that were given here and are not forgotten, an estimate.
  std::size_t bytes() const { return bytes_; }
  // Counts the input of a run that does not begin yet.
  void expect(ActiveRun& run, std::size_t bytes) { count(run, bytes); }
  // The run is counted no more, whatever late events still reach it.
  void forget(ActiveRun& run);
  // Of a part: what the first call of its step that has not begun waits for; empty where all have.
  std::string waitsAt(const ActiveRun& part, engine::Position position) const;
  // Of a run that is folded again, see MemoryBounds. endTooLarge() ends it for that.
  bool isTooLarge(const ActiveRun& run) const;
  void endTooLarge(const ActiveRunPtr& run);
  // Writes the run's events now; `done` may be empty.
  void flush(ActiveRun& run, journal::Done done);

 private:
  struct Attempt;               // one Dispatch under way
  void fold(ActiveRunPtr run);  // holds the run: its end may be where it is forgotten
  bool isWritten(const ActiveRunPtr& run, const engine::Event& event);
  engine::OutputRef::Store placeOutput(const ActiveRun& run, engine::StepId step, std::size_t bytes) const;
  void count(ActiveRun& run, std::size_t bytes);
  void recount(const ActiveRunPtr& run);
  void endLargest(const ActiveRunPtr& growing);
  void end(const ActiveRunPtr& run, std::string why);
  bool evaluateNext(const ActiveRunPtr& run);
  void evaluate(const ActiveRunPtr& run, const WaitingSteps::Step& step, const engine::Blobs& blobs);
  void carryOut(const ActiveRunPtr& run, engine::Command command);
  void onDispatch(const ActiveRunPtr& run, engine::Dispatch dispatch);
  std::string waitInside(const ActiveRun& run, engine::TimerKey timer) const;
  std::string waitOf(const ActiveRun& run, const engine::WaitingCall& waiting) const;
  void onAnswer(const ActiveRunPtr& run);
  bool submit(const std::shared_ptr<Attempt>& attempt);
  void refuse(const std::shared_ptr<Attempt>& attempt, const base::Error& why);
  void pumpSoon();
  void attemptEnded(const std::shared_ptr<Attempt>& attempt, calls::CallResult result);
  void explain(const std::shared_ptr<Attempt>& attempt, calls::CallResult result);
  // The attempt is over: the engine is told what became of it.
  void settle(const Attempt& attempt, const calls::CallResult& result,
              std::expected<engine::OutputRef, calls::CallError> outcome);
  void spill(const std::shared_ptr<Attempt>& attempt, calls::CallResult result,
             engine::OutputRef::Store where);
  void fetch(const ActiveRunPtr& run, std::vector<engine::StoreKey> keys,
             std::move_only_function<void(engine::Blobs)> done);
  void release(const std::vector<engine::StoreKey>& keys);
  void markDirty(const ActiveRunPtr& run);
  void flushAll();

  Runs::Dependencies deps_;
  Ended ended_;
  Sharer* sharer_ = nullptr;
  Backlog backlog_;
  bool pumping_ = false;
  calls::CallId lastCall_ = 0;
  std::size_t bytes_ = 0;
  std::size_t inputBytes_ = 0;                                  // of them: Run::inputBytes()
  std::map<const ActiveRun*, std::weak_ptr<ActiveRun>> large_;  // runs of at least kLargeRun
  std::vector<ActiveRunPtr> dirty_;
  base::TimerId flushTimer_ = 0;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // calls that the dispatcher has may end after it
};

}  // namespace faasbatch::runs
