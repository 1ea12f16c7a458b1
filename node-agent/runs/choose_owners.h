// Which agent owns which step of a run (docs/cluster.md, "Runs that cross nodes"). Pure.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/cluster/placement.h"
#include "lib/workflow/plan.h"
#include "node-agent/engine/event.h"

namespace faasbatch::runs {

enum class Reach {
  kGone,   // there is no agent on the node, or it has not answered for long
  kKnown,  // there is one that does not answer now, or takes no new work
  kReady,
};
using ReachOf = std::function<Reach(const std::string& node)>;

// The replica of a run whose home is `self`: the one that has its first step there, else the first that has
// any step there, else the first.
std::size_t chooseReplica(const cluster::Placement& placement, const std::string& self);

// Of a run of the plan that `self` has accepted. A step goes where its replica has it; where that agent is
// not ready, to another replica's that is, or waits for it as long as there is one; else home runs it.
// nullptr: home owns all steps, as it also does where the placement is not of this plan's steps.
std::shared_ptr<engine::Ownership> chooseOwners(const workflow::Plan& plan,
                                                const cluster::Placement* placement, const std::string& self,
                                                const ReachOf& reach);

// Who takes a step over from an agent that has lost it: that one itself where it is ready again, another
// replica's, or home, `self`. The placement may be missing or of other steps.
std::string chooseHeir(const workflow::Plan& plan, const cluster::Placement* placement,
                       engine::Position position, const std::string& lost, const std::string& self,
                       const ReachOf& reach);

// Whether a step that `self`, which shuts down, has not begun is likely to run elsewhere: another agent that
// it is placed on is ready, or is home; or no function of the run asks for nodes of a kind, so that home can
// run it.
bool mayRunElsewhere(const engine::PlanSet& plans, const cluster::Placement* placement,
                     engine::Position position, const std::string& self, const std::string& home,
                     const ReachOf& reach);

}  // namespace faasbatch::runs
