// The root list of a shared run, as fold, record and shell look at it.
#pragma once

#include <vector>

#include "node-agent/engine/scope.h"

namespace faasbatch::engine {

inline constexpr std::size_t kMaxEndRecordBytes = 1 << 20;  // of the records that travel with a step's end
inline constexpr std::size_t kMaxProgressRecordBytes = 64 << 10;

// The step of the root list that the step is, or is inside of. Not of the run itself.
Position rootPosition(const State& s, StepId step);

// The instances inside a step of the root list, itself first.
std::vector<StepId> subtree(const State& s, StepId root);

// How many users its output has at this agent when the run begins: as PlanView::users, but at a part own
// steps only.
std::uint32_t usersHere(const State& s, workflow::NodeIndex node);

// The other agents that own successors of the step, each once.
std::vector<AgentIndex> waitingAgents(const State& s, Position position);

// Whether all that look at its output are this agent's.
bool usedHereOnly(const State& s, Position position);

// Whether the step of the root list has ended, as far as this agent knows.
bool hasEnded(const State& s, Position position);

// The same, and its successors may begin.
bool endedWell(const State& s, Position position);

// Whether a call inside the step of the root list has begun here.
bool hasBegun(const State& s, Position position);

// How a step of the root list ended: at a part with all that home wants to know, at home its output only.
StepEnd endAt(const State& s, StepId step);

// What calls inside a step have come to.
struct CallsInside {
  std::uint32_t attempts = 0;          // the highest number
  std::optional<base::Instant> first;  // when the first one began
};
CallsInside callsInside(const State& s, const std::vector<StepId>& steps);

}  // namespace faasbatch::engine
