// What the shell of a shared run asks the engine: what to tell other agents, what they have not told yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node-agent/engine/engine.h"

namespace faasbatch::engine {

// At home: what the agent has to know of the run. It is a part's whole beginning, and after a change of
// owners all that it has to learn.
Share shareOf(const Run& run, AgentIndex agent);

// How a step of the root list ended, to be told to others; nothing where that is not known here, or its
// output is needed by nobody any more.
std::optional<StepEnd> endOf(const Run& run, Position position);

// At a part: how its own step goes, for the record at home; nothing where it is not under way.
std::optional<RemoteProgress> progressOf(const Run& run, Position position);
std::vector<Position> underWay(const Run& run);  // its own steps

// The step of the root list whose output the step's own may become: it may have to travel. Of a shared run.
std::optional<Position> feeds(const Run& run, StepId step);

// Whether all that look at the output of a step of the root list are steps of this agent.
bool usedHereOnly(const Run& run, Position position);

// At home: the agent's steps that have not ended.
std::vector<Position> awaited(const Run& run, AgentIndex agent);

// At a part: steps of others that its own wait for.
std::vector<Position> lacking(const Run& run);

// At home: the agent's steps that need another owner when it is lost, or has lost its part: those that have
// not ended, and where the node's store is lost with it, those whose outputs lay there and are still needed.
std::vector<Position> lostWith(const Run& run, AgentIndex agent, bool storeLost);

// At a part: its own steps that can as well go on elsewhere: they have not ended, no call of them has begun,
// and nothing that they look at lies in this node's store alone. Of a share that no part has begun with: all
// that have not ended.
std::vector<Position> movable(const Run& run);
std::vector<Position> movable(const Share& share);

// At home: of the steps that an agent says, in an epoch, to have let go, those that want another owner: they
// were its own then and still are.
std::vector<Position> givenBack(const Run& run, const std::string& agent, std::uint32_t epoch,
                                const std::vector<Position>& said);

}  // namespace faasbatch::engine
