// What happens to a run. A run is the fold of its events: everything else (record, timeline, recovery) is a
// view of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/payload.h"
#include "lib/base/time.h"
#include "lib/workflow/plan.h"
#include "node-agent/calls/call.h"
#include "node-agent/engine/ownership.h"
#include "node-agent/engine/values.h"

namespace faasbatch::engine {

// The plan of the workflow and those of all workflows its steps name, as they were when the run was accepted.
struct PlanSet {
  workflow::PlanPtr main;
  std::map<std::string, workflow::PlanPtr, std::less<>>
      others;  // by name; a missing one fails its step "WorkflowNotFound"
};
using PlanSetPtr = std::shared_ptr<const PlanSet>;

// How a run begins. `function` set: the run is one call of that function, not the workflow's steps; its one
// step bears the function's name.
struct Accepted {
  std::string id;
  PlanSetPtr plans;
  std::optional<std::string> function;
  OutputRef input;
  base::Instant deadline;  // from spec.timeout
  bool durable = false;    // asynchronous: on disk before 202
  std::string idempotencyKey;
  SharePtr share;  // nullptr: all of it runs here
};

// What evaluating a step that got ready came to: made by evaluate(), a pure function of run and step.
struct Decision {
  struct Skip {};  // `when` was false
  struct Call {
    base::Payload input;
  };  // function
  struct Enter {
    std::optional<base::Payload> input;
  };  // group; sub-workflow with its input
  struct Items {
    std::uint32_t count = 0;
  };  // foreach
  struct Arm {
    std::optional<std::uint32_t> arm;
  };  // switch
  struct WaitUntil {
    base::Instant at;
  };
  struct Fail {
    std::string type, message;
  };  // a fail step
  struct Until {
    bool done = false;
  };  // repeat, after a turn
  struct Output {
    base::Payload value;
  };  // of the run or a sub-workflow
  struct Error {
    std::string type, message;
  };  // ExpressionFailed, StoreUnavailable, ...
  std::variant<Skip, Call, Enter, Items, Arm, WaitUntil, Fail, Until, Output, Error> what;

  // Which evaluation of the step this was (a turn, a retry): a decision of an earlier one does not apply. Set
  // by evaluate(); kAnyRound applies to the one that is waited for.
  static constexpr std::uint32_t kAnyRound = UINT32_MAX;
  static constexpr std::uint32_t kNoRound = UINT32_MAX - 1;  // applies to none
  std::uint32_t round = kAnyRound;
};

struct StepReady {
  StepId step = 0;
  Decision decision;
};

struct AttemptStarted {
  StepId step = 0;
  std::uint32_t attempt = 1;
  calls::Where where;
};

struct AttemptEnded {
  StepId step = 0;
  std::uint32_t attempt = 1;
  std::expected<OutputRef, calls::CallError> outcome;
  calls::Where where;
  base::Instant startedAt;
  calls::Receipt receipt;  // of Dispatch to this event
};

// Why the pod of an attempt that has failed ended, which was not known yet when it failed. For the record.
struct AttemptExplained {
  StepId step = 0;
  std::uint32_t attempt = 1;
  std::string why;
};

struct TimerFired {
  TimerKey timer = 0;
  std::string waits = {};  // of a timeout: what a call inside still waits for (waiting.h), or empty
};

struct CancelAsked {};

// The run holds more than one may: it ends "RunTooLarge" with this message. What a run holds is no part of
// its fold, so whoever drives it says when.
struct GrewTooLarge {
  std::string message;
};

// The agent that drove the run has started anew: attempts under way are lost and tried again by themselves.
struct Recovered {};

struct Event {
  base::Instant at;  // never before the event that came before it
  std::variant<Accepted, StepReady, AttemptStarted, AttemptEnded, TimerFired, CancelAsked, Recovered,
               RemoteEnded, RemoteProgress, OwnerLost, ShareChanged, AttemptExplained, LetGo, HandedBack,
               GrewTooLarge>
      what;
};

// The journal's form: one line of JSON without line break, versioned. Plans are named by name and digest, not
// written. Decision::Call, Enter and Output carry no payload there: pending() asks for them to be evaluated
// again.
std::string toJournal(const Event& event);

// Finds plans by name and digest when a journal is read; nullptr where there is none.
using PlanFinder = std::function<workflow::PlanPtr(std::string_view nameSpace, std::string_view name,
                                                   std::string_view digest)>;
base::Result<Event> fromJournal(std::string_view line, const PlanFinder& plans);

// Whether recovery needs it. Decisions to call a function are found again by evaluating, so they are not
// written.
bool journaled(const Event& event);

}  // namespace faasbatch::engine
