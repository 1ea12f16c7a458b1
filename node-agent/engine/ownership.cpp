#include "node-agent/engine/ownership.h"

#include <algorithm>
#include <set>

namespace faasbatch::engine {

std::optional<AgentIndex> Ownership::find(std::string_view agent) const {
  const auto found = std::ranges::find(agents, agent);
  if (found == agents.end()) return std::nullopt;
  return static_cast<AgentIndex>(found - agents.begin());
}

AgentIndex Ownership::add(const std::string& agent) {
  if (const auto known = find(agent)) return *known;
  agents.push_back(agent);
  return static_cast<AgentIndex>(agents.size() - 1);
}

bool isValid(const Ownership& ownership, std::size_t steps) {
  const auto known = [&](AgentIndex agent) { return agent < ownership.agents.size(); };
  const std::set<std::string_view> names(ownership.agents.begin(), ownership.agents.end());
  return ownership.owners.size() == steps && known(ownership.self) &&
         names.size() == ownership.agents.size() && std::ranges::all_of(ownership.owners, known);
}

}  // namespace faasbatch::engine
