// The engine: (run, event) -> (run, commands). Pure: no I/O, no clock, no randomness but what follows from
// the run's id.
//
// The way of a step: its in-edges are met -> command Trigger -> the shell fetches what evaluating it needs
// and calls evaluate() -> event StepReady with the decision -> commands Dispatch, SetTimer, more Triggers ...
// -> AttemptEnded -> ... Every command is safe to give twice: what an event says about a step that has moved
// on is ignored.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "node-agent/engine/event.h"

namespace faasbatch::engine {

enum class RunStatus { kPending, kRunning, kSucceeded, kFailed, kCancelled, kTimedOut };
inline constexpr std::size_t kRunStatuses = 6;

// Says that a step may be evaluated; `needs` are the stored outputs its expressions look into.
struct Trigger {
  StepId step = 0;
  std::vector<StoreKey> needs;
};

// One attempt of a function call.
struct Dispatch {
  StepId step = 0;
  std::uint32_t attempt = 1;
  workflow::PlanPtr plan;  // whose function it is
  workflow::FunctionIndex function = 0;
  std::string name;  // of the step
  std::vector<std::uint32_t> index;
  base::Payload input;
  base::Instant deadline;  // of the run, the step and what encloses it
  bool isolate = false;    // see calls::Call
  bool alone = false;
};

struct SetTimer {
  TimerKey timer = 0;
  base::Instant at;
};

// The call of this attempt is to be ended; no event about it is needed any more.
struct CancelAttempt {
  StepId step = 0;
  std::uint32_t attempt = 1;
};

// Stored outputs that nobody needs any more: given as soon as the last step that may look has ended, and for
// what an attempt stored that nobody had waited for.
struct Release {
  std::vector<StoreKey> keys;
};

// The run has ended: see Run::status(), output(), error(). Given once. Releases what is still stored but the
// run's output. All agents with a share are to be told.
struct Answer {};

// A step of the root list has ended here; these agents are to be told: endOf() has what (share.h).
struct Tell {
  Position position = 0;
  std::vector<AgentIndex> agents;
};

// At home: these agents are to know their share: shareOf() has it (share.h).
struct Engage {
  std::vector<AgentIndex> agents;
};

// At a part: home is to hear that these steps were let go (LetGo).
struct HandBack {
  std::vector<Position> positions;
};

using Command =
    std::variant<Trigger, Dispatch, SetTimer, CancelAttempt, Release, Answer, Tell, Engage, HandBack>;

struct State;  // engine/state.h

// A run's state. Movable, not copyable; one thread at a time.
class Run {
 public:
  Run();
  ~Run();
  Run(Run&&) noexcept;
  Run& operator=(Run&&) noexcept;

  const std::string& id() const;
  const Accepted& accepted() const;
  RunStatus status() const;
  bool ended() const;
  const OutputRef& output() const;  // kSucceeded
  const RunError& error() const;    // kFailed, kCancelled, kTimedOut
  base::Instant createdAt() const;
  base::Instant startedAt() const;  // of the first attempt; createdAt where none
  base::Instant finishedAt() const;
  // An estimate, for bounds: within a factor of two of what the run takes on the heap, but for what it shares
  // with others. Costs nothing to ask.
  std::size_t memoryBytes() const;
  // Of it, the inputs of calls that have not ended; what several share is counted once. Free to ask, too.
  std::size_t inputBytes() const;

  // The run's receipt: the parts along its critical path; they add up to finishedAt - createdAt exactly.
  calls::Receipt receipt() const;

  const State& state() const { return *state_; }
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// Stored outputs that were fetched for an evaluation, by key.
using Blobs = std::map<std::string, base::Payload, std::less<>>;

inline constexpr std::uint32_t kMaxItems = 100'000;  // of one foreach
// That they hold, or the outputs of one that an expression looks into: Value::memoryBytes().
inline constexpr std::size_t kMaxItemsBytes = std::size_t{256} << 20;
// Of the outputs of one as a single text.
inline constexpr std::size_t kMaxJoinedBytes = workflow::Template::kMaxRenderedBytes;
inline constexpr std::uint32_t kMaxStepInstances =
    1'000'000;                                         // of one run; then the run fails "TooManySteps"
inline constexpr std::uint32_t kBlamelessRetries = 3;  // of a lost pod, a mate's crash, a lost agent
inline constexpr int kMaxWorkflowDepth = 16;           // sub-workflows inside one another

// What the step's expressions come to now; its `round` ties it to this evaluation. Call it after Trigger,
// with its needs fetched; a missing blob is Decision::Error{"StoreUnavailable"}. Pure.
Decision evaluate(const Run& run, StepId step, const Blobs& blobs, base::Instant now);

// Folds one event in. Events that no longer apply change nothing and give no command. The first event of a
// run is Accepted.
std::vector<Command> apply(Run& run, const Event& event);

// Whether evaluating the step now makes the input of a call.
bool beginsCall(const Run& run, StepId step);

// Whether a call that fails so now is tried again, at once or after a backoff. Pure.
bool triesAgain(const Run& run, StepId step, const calls::CallError& error);

// After a replay: the commands that were given and not yet followed by their event, once more (Triggers and
// timers; calls under way are dealt with by the event Recovered).
std::vector<Command> pending(const Run& run);

// After Answer, before anyone was told: the stored output of a run that had succeeded can no longer be read.
// The run has failed "StoreUnavailable" after all. Not an event of its own: a replay asks the store again.
void outputLost(Run& run, std::string message);

}  // namespace faasbatch::engine
