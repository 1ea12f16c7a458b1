// A run that this agent drives now.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "node-agent/engine/engine.h"
#include "node-agent/journal/journal.h"
#include "node-agent/runs/logs.h"
#include "node-agent/runs/runs.h"
#include "node-agent/runs/waiting_steps.h"

namespace faasbatch::runs {

// What is known of an agent that shares a run, at its home.
struct SharingAgent {
  bool begun = false;         // it was sent its share by this process
  std::uint64_t logSeen = 0;  // bytes of its log that were taken
  base::Instant asked;        // when it was heard of last, or asked what it does
};

// Of a run that several agents share.
struct Sharing {
  // At a part, this agent's share in a run of another one.
  std::string home;                // its node; empty: this agent is the home
  base::Duration ahead{0};         // home's clock less ours
  std::uint64_t logSent = 0;       // bytes of our log that home was sent
  bool changed = false;            // since home was told of what is under way
  base::Instant looked;            // when it was looked last what its calls wait for
  std::vector<std::string> waits;  // what home was told of that, by position
  base::Instant heard;             // of home
  // At home.
  std::map<std::string, SharingAgent> agents;  // by node
};

struct ActiveRun : std::enable_shared_from_this<ActiveRun> {
  engine::Run run;
  journal::RunHead head;
  RunLog log;
  std::size_t bytes = 0;       // as counted in Driver::bytes()
  std::size_t inputBytes = 0;  // as counted there too: engine::Run::inputBytes()
  std::size_t reading = 0;     // bytes of stored outputs that are on their way here
  bool forgotten = false;
  bool async = false;
  bool tooLarge = false;           // it was told so, and ends
  bool dispatched = false;         // a call of it has been taken by the dispatcher
  std::optional<Outcome> outcome;  // once it has ended; then it only waits to be on disk

  // Events not yet folded in; folding one can give more.
  std::deque<engine::Event> inbox;
  WaitingSteps waiting;                                         // for their evaluation
  std::unordered_map<engine::StepId, base::Duration> heldBack;  // how long, of calls that begin next
  bool folding = false;
  bool writing = false;  // the first of them is to be on disk before it is folded in
  std::vector<std::move_only_function<void()>> onWritten;

  std::unique_ptr<Sharing> sharing;  // nullptr: all of it runs here
  bool isPart() const { return sharing && !sharing->home.empty(); }
  // A part folds in home's time.
  base::Duration ahead() const { return sharing ? sharing->ahead : base::Duration(0); }

  std::unordered_map<std::uint64_t, calls::CallId>
      calls;  // by attemptKey(): given to the dispatcher, not ended
  std::unordered_map<engine::TimerKey, base::TimerId> timers;

  std::vector<std::string> unwritten;  // journal lines
  bool begun = false;                  // the journal knows the run
  bool dirty = false;                  // listed for the next flush

  std::vector<std::move_only_function<void(const Outcome&)>> onEnded;
  std::vector<std::move_only_function<void()>> onKept;  // its end is on disk, or could not be written
  struct Waiter {
    base::TimerId timer = 0;
    std::move_only_function<void(bool)> done;
  };
  std::vector<std::shared_ptr<Waiter>> waiters;

  // Until its acceptance is folded in (asynchronous: is on disk), nobody has been told of the run.
  bool known() const { return !run.id().empty(); }

  // The acceptance of an asynchronous run is written before it is folded in.
  bool acceptedOnDisk(const engine::Event& event) const {
    return async && std::holds_alternative<engine::Accepted>(event.what);
  }

  static std::uint64_t attemptKey(engine::StepId step, std::uint32_t attempt) {
    return (std::uint64_t{step} << 32) | attempt;
  }
};

using ActiveRunPtr = std::shared_ptr<ActiveRun>;

}  // namespace faasbatch::runs
