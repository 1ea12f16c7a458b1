// Which agents may answer a call, in the order to be tried. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cluster/placement.h"
#include "lib/workflow/plan.h"

namespace faasbatch::forwarding {

// Names of nodes; this agent's own stands for answering here.
using Candidates = std::vector<std::string>;

// Of a call of a workflow: this agent where a replica has it; otherwise the nodes of the replicas' first
// steps, `turn` saying whose comes first, then every other node of the placement. `placement` nullptr: here.
Candidates forCall(const cluster::Placement* placement, const std::string& self, std::uint32_t turn);

// Of a call of one of its functions, which the steps (of the root list, by place) call: the same with the
// nodes of those steps.
Candidates forFunction(const cluster::Placement* placement, const std::string& self,
                       const std::vector<std::size_t>& steps, std::uint32_t turn);

// The steps of the root list that call the function, themselves or inside; none where it is not one.
std::vector<std::size_t> stepsThatCall(const workflow::Plan& plan, std::string_view function);

// Of a call with an idempotency key (`name` has all that makes it one): all agents come to the same order.
Candidates forKey(const cluster::Placement* placement, const std::string& self, std::string_view name);

// Of what asks for one invocation: the agents whose mark its id bears, this one behind others; where none
// does, this one: it may have had another name when it kept the record.
Candidates forInvocation(std::string_view id, const std::string& self, const std::vector<std::string>& peers);

}  // namespace faasbatch::forwarding
