// The state of a run: a tree of lists of steps (frames) and step instances, laid flat.
//
//   run (step 0) -> frame of the root list -> steps -> frames of groups, arms, catches, sub-workflows ->
//   steps -> ...
//                                             `-> items of a foreach, turns of a repeat -> frames ...
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node-agent/engine/engine.h"
#include "node-agent/engine/output.h"
#include "node-agent/engine/plan_view.h"

namespace faasbatch::engine {

inline constexpr std::uint32_t kNone = UINT32_MAX;
inline constexpr StepId kRunStep = 0;
inline constexpr std::uint32_t kRootFrame = 0;

// Of stored outputs of agents that had lost their step meanwhile; further ones are left to expire.
inline constexpr std::size_t kMaxStrays = 1000;

// Items of one foreach that are under way at once where it names no maxConcurrency, at most; less where the
// function's queue (batching.maxQueue) holds less: a foreach never fills a queue so that its own calls are
// refused.
inline constexpr std::uint32_t kMaxConcurrentItems = 1000;

using FrameId = std::uint32_t;

enum class Role : std::uint8_t {
  kRun,   // the run itself
  kStep,  // a step of a list; with foreach or repeat it holds items or turns, otherwise it does its work
          // itself
  kItem,  // one item of a foreach: does the step's work
  kTurn,  // one turn of a repeat: likewise
};

// Where a step stands; each state says what it waits for.
enum class Phase : std::uint8_t {
  kEvaluating,  // Trigger was given: StepReady
  kCalling,     // Dispatch was given: AttemptStarted, AttemptEnded
  kInside,      // its steps, items or turns
  kUntil,       // a turn of a repeat has ended: StepReady with Until
  kDelay,       // between turns: TimerFired
  kBackoff,     // before a retry: TimerFired
  kWaiting,     // a wait step: TimerFired
  kCatching,    // the steps of a catch
  kRemote,      // another agent runs it: RemoteEnded
  kFinishing,   // a workflow whose steps have ended: StepReady with Output
  kEnded,
};

enum class StepStatus : std::uint8_t { kActive, kSucceeded, kFailed, kSkipped, kCancelled, kTimedOut };

struct ErrorText {
  std::string type;
  std::string message;
};

struct Attempt {
  enum class Status : std::uint8_t { kRunning, kSucceeded, kFailed, kCancelled, kTimedOut };
  std::uint32_t number = 1;
  std::uint32_t next = kNone;   // of the same step, in State::attempts
  std::uint32_t place = kNone;  // in State::places
  Status status = Status::kRunning;
  base::Instant startedAt;
  base::Instant endedAt;
  base::Duration waited{0};  // backoff after it
  calls::Receipt receipt;
  std::unique_ptr<ErrorText> error;
};

struct Items {
  std::uint32_t count = 0;
  std::uint32_t bound = 0;  // under way at once
  std::uint32_t running = 0;
  std::uint32_t ended = 0;
  std::vector<StepId> steps;  // by item; as many as have begun
  std::vector<OutputPtr> outputs;
  // The list; missing after a recovery until somebody looks.
  mutable std::optional<cel::Value> values;
  mutable Holding heldValues;
  Holding held;  // `steps` and `outputs`
};

struct Turns {
  std::uint32_t turn = 0;
  StepId current = kNone;
  OutputPtr last;    // of the turn before
  OutputPtr output;  // of the turn that has just ended
};

// What a step needs only until it has ended.
struct Active {
  base::Instant deadline;              // of the step and of all that encloses it
  std::optional<base::Payload> input;  // of its call; missing after a recovery
  Holding heldInput;
  Holding heldUnderWay;  // the same in State::inputs
  FrameId child = kNone;
  TimerKey timer = kNone;            // of kDelay, kBackoff, kWaiting
  TimerKey timeout = kNone;          // of the step
  TimerKey workflowTimeout = kNone;  // of the sub-workflow in it
  std::uint32_t attempt = 0;         // number of the call given last
  std::uint32_t retries = 0;         // used up of retry.limit
  std::uint32_t blameless = 0;       // retries used up of kBlamelessRetries
  std::uint32_t interruptions = 0;  // restarts of the agent since its Trigger: a call may have been under way
  bool started = false;             // the call given last has left its queue
  bool isolate = false;             // a worker crashed or a pod was lost under it
  bool alone = false;               // a pod was lost under it, or a worker though it was isolated
  base::Instant triggeredAt;
  base::Instant dispatchedAt;
  bool fetching = false;  // its Trigger had needs
  base::Instant interruptedAt;
  base::Instant waitFrom;
  // What the first steps of its next frame follow on: an earlier try, and the backoff since.
  StepId entryCause = kNone;
  base::Duration entryWait{0};
  std::unique_ptr<Items> items;
  std::unique_ptr<Turns> turns;
  std::unique_ptr<RunError> error;  // of kCatching
};

struct Step {
  workflow::NodeIndex node = kNone;  // kRun: none
  std::uint32_t plan = 0;            // in State::plans
  FrameId frame = kNone;             // the list it is a step of; items and turns: that of their step
  StepId container = kNone;          // kItem, kTurn: the step
  std::uint32_t index = 0;           // kItem, kTurn
  Role role = Role::kStep;
  Phase phase = Phase::kEvaluating;
  StepStatus status = StepStatus::kActive;
  OutputRef::Store store = OutputRef::Store::kInline;
  bool begun = false;       // something of it has run
  bool selfFailed = false;  // the failure began here, not at a step inside

  // The critical path: the step whose end let this one begin, how much of the time since was a planned wait,
  // and the step inside whose end ended this one.
  StepId cause = kNone;
  StepId lastChild = kNone;
  base::Duration gapWait{0};
  base::Duration fetch{0};   // until its stored inputs were there
  base::Duration waited{0};  // in a wait step
  base::Duration queued{0};  // of a call that was cancelled before it left its queue

  std::uint32_t firstAttempt = kNone;  // in State::attempts
  std::uint32_t lastAttempt = kNone;
  base::Instant readyAt;
  base::Instant endedAt;
  std::unique_ptr<ErrorText> error;  // where it failed with no attempt that says why
  std::unique_ptr<Active> active;    // until it has ended
  OutputPtr output;                  // while somebody may look at it
};

struct Slot {
  StepId step = kNone;      // none: not ready yet
  std::uint32_t unmet = 0;  // predecessors that have not ended
  std::uint32_t users = 0;  // of its output, that have not ended
};

// What a frame needs only until it has ended.
struct Live {
  base::Instant deadline;
  std::uint32_t left = 0;         // steps that have not ended
  std::vector<Slot> slots;        // by position in the block
  mutable OutputPtr input;        // kWorkflow
  mutable bool hasInput = false;  // false after a recovery until somebody looks
};

// One instance of a list of steps.
struct Frame {
  enum class Kind : std::uint8_t { kBody, kCatch, kWorkflow };
  StepId owner = kRunStep;
  std::uint32_t plan = 0;
  workflow::BlockIndex block = 0;
  Kind kind = Kind::kBody;
  std::unique_ptr<Live> live;
};

struct Timer {
  StepId step = 0;
  base::Instant at;
};

// What a shared run knows of a step of the root list besides its instance.
struct RootStep {
  StepId step = kNone;         // its instance; an ended one that is run again gets a new one
  std::uint32_t givenAt = 0;   // the epoch in which its owner got it: what was said before does not count
  std::uint32_t losses = 0;    // owners that were lost while it was under way
  std::uint32_t attempts = 0;  // used up by those; the next call in it is numbered one more
  std::uint32_t reported = 0;  // remote: the highest number of a call its owner told of
  base::Instant since;         // when it first got ready, where it had another owner before
  base::Duration lost{0};      // remote: time it spent with owners that were lost
  bool holdsInputs = false;    // remote, ended: its output may be lost with its owner, then it runs again
  calls::Receipt receipt;      // remote, ended: what its owner measured
  StepEndPtr end;              // of a part's own: as it was told
  std::unique_ptr<RemoteEnded>
      parked;               // home: it came before that of a predecessor; a part: before the owners
  StepRecords records;      // remote: as its owner shows it
  std::string waits;        // remote: what it waits for, as its owner says
  StepRecords lostRecords;  // likewise of owners that were lost
};

// Invariants, between events (checked by invariants() in the tests):
//  1. A step has `active` if and only if its phase is not kEnded; then its status is kActive, otherwise not.
//  2. Every active step but the run lies in a live frame, whose owner is active and has it as its child;
//  every active item
//     or turn belongs to an active step in phase kInside.
//  3. `left` of a live frame is the number of its slots without an ended step, and not 0 but in phase
//  kFinishing.
//  4. A slot has a step if and only if its unmet is 0, and unmet is the number of its predecessors without an
//  ended step. In the root list of a shared run that holds for steps that have not ended, as an earlier one
//  may run again; in a part for its own steps that have not begun: a remote one has a step once its end is
//  known, and `left` counts own steps.
//  5. A foreach has running = begun - ended <= bound, and begun < count only while running = bound.
//  6. Attempt numbers of a step are 1, 2, 3 ... without gap (or begin behind those of a lost owner); only the
//  last may be running, and only in phase kCalling.
//  7. Every timer of an active step belongs to it; phases kDelay, kBackoff and kWaiting have one.
//  8. The run has ended if and only if step 0 has; then no step is active and no frame live.
//  9. Every stored output somebody may look at is counted in the ledger; after the end only the run's own is.
struct State {
  mutable Ledger ledger;  // first: outputs refer to it
  Ledger inputs;          // of calls that have not ended

  Accepted accepted;
  RunStatus status = RunStatus::kPending;
  base::Instant createdAt;
  base::Instant startedAt;
  base::Instant finishedAt;
  base::Instant lastAt;
  bool begun = false;   // Accepted was folded
  bool called = false;  // an attempt has started
  OutputPtr result;     // kSucceeded
  OutputRef output;     // likewise, as it is answered
  RunError error;

  std::deque<PlanView> plans;  // [0] is the main one
  std::vector<Frame> frames;
  std::size_t liveFrames = 0;
  std::size_t liveSlots = 0;  // of all live frames
  std::deque<Step> steps;     // a deque: references stay while it grows
  std::size_t activeSteps = 0;
  std::size_t errorBytes = 0;  // of the texts of errors
  std::vector<Attempt> attempts;
  std::vector<Timer> timers;
  std::vector<std::uint64_t> rootBytes;  // of outputs of the root list, by position; empty: none yet
  std::vector<calls::Where> places;      // each once
  std::map<std::string, std::uint32_t, std::less<>> placeOf;

  // Of a shared run.
  OwnershipPtr ownership;  // nullptr: all of it runs here
  std::uint32_t epoch = 0;
  std::vector<Position> unparked;  // whose end is known and may now count; none between events
  std::vector<RootStep> roots;     // by position
  std::size_t sharedBytes = 0;     // of what is kept of root steps, an estimate
  std::vector<OutputPtr> strays;   // outputs of agents that had lost their step, kept until the run ends

  bool shared() const { return ownership != nullptr; }
  bool isHome() const { return !ownership || ownership->isHome(); }
  bool ended() const { return status > RunStatus::kRunning; }
  const workflow::Node& node(const Step& step) const { return plans[step.plan].node(step.node); }
};

}  // namespace faasbatch::engine
