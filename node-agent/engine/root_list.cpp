#include "node-agent/engine/root_list.h"

#include <algorithm>

#include "node-agent/engine/receipt.h"
#include "node-agent/engine/record.h"

namespace faasbatch::engine {

Position rootPosition(const State& s, StepId step) {
  while (true) {
    const Step& at = s.steps[step];
    if (at.container != kNone) {
      step = at.container;
    } else if (at.frame == kRootFrame) {
      return s.plans[0].position(at.node);
    } else {
      step = s.frames[at.frame].owner;
    }
  }
}

std::vector<StepId> subtree(const State& s, StepId root) {
  std::vector<StepId> inside{root};
  const workflow::Node& node = s.node(s.steps[root]);
  using enum workflow::NodeKind;
  const bool leaf = node.kind == kFunction || node.kind == kWait || node.kind == kFail;
  if (leaf && !node.foreach && !node.repeat && node.catches.empty()) return inside;
  std::vector<bool> within(s.steps.size() - root);  // what holds a step has a smaller number
  within[0] = true;
  for (StepId id = root + 1; id < s.steps.size(); ++id) {
    const Step& step = s.steps[id];
    const StepId holder = step.container != kNone ? step.container : s.frames[step.frame].owner;
    if (holder < root || !within[holder - root]) continue;
    within[id - root] = true;
    inside.push_back(id);
  }
  return inside;
}

std::uint32_t usersHere(const State& s, workflow::NodeIndex node) {
  const PlanView& view = s.plans[0];
  if (s.isHome()) return view.users(node);
  return static_cast<std::uint32_t>(
      std::ranges::count_if(view.node(node).successors, [&](workflow::NodeIndex next) {
        return s.ownership->mine(view.position(next)) && !hasEnded(s, view.position(next));
      }));
}

std::vector<AgentIndex> waitingAgents(const State& s, Position position) {
  const PlanView& view = s.plans[0];
  std::vector<AgentIndex> agents;
  for (const workflow::NodeIndex next : view.node(view.block(0).nodes[position]).successors) {
    const AgentIndex agent = s.ownership->owners[view.position(next)];
    if (agent != s.ownership->self && std::ranges::find(agents, agent) == agents.end())
      agents.push_back(agent);
  }
  return agents;
}

bool usedHereOnly(const State& s, Position position) {
  const PlanView& view = s.plans[0];
  const workflow::NodeIndex node = view.block(0).nodes[position];
  const bool byRun = view.users(node) > view.node(node).successors.size();
  return (!byRun || s.isHome()) && waitingAgents(s, position).empty();
}

bool hasEnded(const State& s, Position position) {
  const StepId step = s.roots[position].step;
  return step != kNone && !s.steps[step].active;
}

bool endedWell(const State& s, Position position) {
  if (!hasEnded(s, position)) return false;
  const StepStatus status = s.steps[s.roots[position].step].status;
  return status == StepStatus::kSucceeded || status == StepStatus::kSkipped;
}

CallsInside callsInside(const State& s, const std::vector<StepId>& steps) {
  CallsInside calls;
  for (const StepId id : steps) {
    for (std::uint32_t i = s.steps[id].firstAttempt; i != kNone; i = s.attempts[i].next) {
      const Attempt& attempt = s.attempts[i];
      calls.attempts = std::max(calls.attempts, attempt.number);
      if (!calls.first || attempt.startedAt < *calls.first) calls.first = attempt.startedAt;
    }
  }
  return calls;
}

bool hasBegun(const State& s, Position position) {
  const StepId step = s.roots[position].step;
  return step != kNone && callsInside(s, subtree(s, step)).attempts > 0;
}

StepEnd endAt(const State& s, StepId id) {
  const Step& step = s.steps[id];
  StepEnd end{.position = s.plans[0].position(step.node), .epoch = s.epoch};
  using enum StepEnd::Status;
  if (step.status == StepStatus::kSkipped) end.status = kSkipped;
  if (step.status == StepStatus::kFailed) end.status = kFailed;
  if (step.status == StepStatus::kTimedOut) end.status = kTimedOut;
  if (step.status == StepStatus::kSucceeded) end.output = toValue(step.output);
  if (s.isHome()) return end;
  const std::vector<StepId> inside = subtree(s, id);
  const CallsInside calls = callsInside(s, inside);
  end.receipt = stepReceipt(s, id);
  if (calls.first) end.began = s.lastAt - *calls.first;
  if (step.cause != kNone) end.cause = s.plans[0].position(s.steps[step.cause].node);
  end.attempts = calls.attempts;
  end.records = records(s, inside, kMaxEndRecordBytes);
  return end;
}

}  // namespace faasbatch::engine
