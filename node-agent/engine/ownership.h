// Runs that cross nodes (docs/cluster.md). Each agent that owns steps of the root list folds a run of its own
// over the same plan: its part. The agent that accepted the run is its home; a step of another agent is
// remote: it ends when its owner says so. Everything inside a step of the root list (groups, items,
// sub-workflows) runs where that step does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "node-agent/calls/receipt.h"
#include "node-agent/engine/values.h"

namespace faasbatch::engine {

// Agents go by the names of their nodes; in a run by their place in Ownership::agents.
using AgentIndex = std::uint32_t;

// A step of the root list by its place there, which all agents agree on.
using Position = std::uint32_t;

// Who owns which step. Immutable and shared by the runs of one placement; a change makes another one.
struct Ownership {
  static constexpr AgentIndex kHome = 0;
  std::vector<std::string> agents;  // each once, home first; only ever appended to
  std::vector<AgentIndex> owners;   // by position
  AgentIndex self = kHome;          // whose view this is

  bool isHome() const { return self == kHome; }
  bool mine(Position position) const { return owners[position] == self; }
  const std::string& owner(Position position) const { return agents[owners[position]]; }
  std::optional<AgentIndex> find(std::string_view agent) const;
  AgentIndex add(const std::string& agent);  // its index, a new one if need be
  friend bool operator==(const Ownership&, const Ownership&) = default;
};
using OwnershipPtr = std::shared_ptr<const Ownership>;

// Whether every index is one of `agents`, no agent is named twice, and there are `steps` owners.
bool isValid(const Ownership& ownership, std::size_t steps);

// How a step of the root list ended, as its owner tells others. Times are durations only, so that clocks need
// not agree.
struct StepEnd {
  enum class Status : std::uint8_t { kSucceeded, kSkipped, kFailed, kTimedOut };
  Position position = 0;
  std::uint32_t epoch = 0;  // of the owner's knowledge of who owns what
  Status status = Status::kSucceeded;
  OutputValue output;                   // kSucceeded
  RunError error;                       // kFailed, kTimedOut
  calls::Receipt receipt;               // adds up to the time from ready to end; to home only, as all below
  std::optional<base::Duration> began;  // its first attempt began so long ago
  std::optional<Position> cause;        // the predecessor that ended last
  std::uint32_t attempts = 0;           // the highest number of a call inside
  StepRecords records;
  bool failed() const { return status == Status::kFailed || status == Status::kTimedOut; }
  friend bool operator==(const StepEnd&, const StepEnd&) = default;
};
using StepEndPtr = std::shared_ptr<const StepEnd>;

// What an agent that takes a step over from a lost one has to know of it.
struct Given {
  Position position = 0;
  std::uint32_t attempts = 0;  // used up; the next call is numbered one more
  base::Instant since;         // when it first got ready, for its timeout
  friend bool operator==(const Given&, const Given&) = default;
};

// An agent's share in a run. Times are those of home's clock: a part folds in home's time, and its shell
// keeps the difference.
struct Share {
  OwnershipPtr ownership;
  std::uint32_t epoch = 0;     // grows with every change of owners
  base::Instant createdAt;     // of the run; as all below for parts only
  std::vector<Given> given;    // its steps that had other owners before
  std::vector<StepEnd> ended;  // its own steps that have ended, and those that its others wait for
};
using SharePtr = std::shared_ptr<const Share>;

// Events. `from` is the agent that says so.

// A remote step has ended.
struct RemoteEnded {
  std::string from;
  StepEndPtr end;  // never nullptr
};

inline constexpr std::size_t kMaxWaitsBytes = 500;  // of RemoteProgress::waits; the rest is left out

// At home: a remote step is under way. For the record; a later one replaces it.
struct RemoteProgress {
  std::string from;
  Position position = 0;
  std::uint32_t epoch = 0;
  std::uint32_t attempts = 0;           // the highest number of a call inside
  std::optional<base::Duration> began;  // its first attempt began so long ago
  StepRecords records;
  std::string waits = {};  // what its first call that has not begun waits for, for a timeout's message
};

// At home: an agent is lost, or has lost its part. To be on disk before it is folded in, as other agents act
// on it: the epochs that they know must not come again after a restart. Each of its steps that is to be run
// (again) has a new owner, maybe the same agent in another life: see lostWith() in share.h for which these
// are.
struct OwnerLost {
  std::string agent;
  std::string why;  // "the agent of node b restarted"
  std::vector<std::pair<Position, std::string>> heirs;
};

// At a part whose agent shuts down: of these steps it lets go those that are movable() (share.h), for good.
// They are home's until home says who has them.
struct LetGo {
  std::vector<Position> positions;
};

// At home: a living agent has let go steps that it had not begun. Each has a new owner; where that is the
// agent itself, in another life. On disk before it is folded in, as OwnerLost.
struct HandedBack {
  std::string agent;
  std::vector<std::pair<Position, std::string>> heirs;
};

// At a part: home has changed the owners.
struct ShareChanged {
  SharePtr share;
};

}  // namespace faasbatch::engine
