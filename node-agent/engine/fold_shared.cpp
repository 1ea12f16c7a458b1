#include <algorithm>
#include <utility>

#include "node-agent/engine/fold.h"
#include "node-agent/engine/root_list.h"
#include "node-agent/engine/waiting.h"

namespace faasbatch::engine {
namespace {

StepStatus statusOf(StepEnd::Status status) {
  switch (status) {
    case StepEnd::Status::kSucceeded:
      return StepStatus::kSucceeded;
    case StepEnd::Status::kSkipped:
      return StepStatus::kSkipped;
    case StepEnd::Status::kFailed:
      return StepStatus::kFailed;
    case StepEnd::Status::kTimedOut:
      return StepStatus::kTimedOut;
  }
  return StepStatus::kFailed;
}

}  // namespace

// Whether this agent keeps account of when the step gets ready: home of all, a part of its own.
bool Fold::concerns(Position position) const { return s_.isHome() || s_.ownership->mine(position); }

// The root list of a shared run. A part begins with what has ended elsewhere, or here in an earlier life.
void Fold::beginRoot(const Share* share) {
  Live& live = *s_.frames[kRootFrame].live;
  if (!s_.isHome()) {
    const PlanView& view = s_.plans[0];
    live.left = 0;
    for (Position p = 0; p < live.slots.size(); ++p) {
      if (s_.ownership->mine(p)) ++live.left;
      live.slots[p].users = usersHere(s_, view.block(0).nodes[p]);
    }
    for (const Given& given : share->given) {
      if (given.position >= s_.roots.size()) continue;
      s_.roots[given.position].attempts = given.attempts;
      s_.roots[given.position].since = given.since;
    }
    for (const StepEnd& end : share->ended) know(end, false);
  }
  for (Position p = 0; p < live.slots.size(); ++p) {
    if (live.slots[p].step == kNone && live.slots[p].unmet == 0 && concerns(p)) becomeReady(p, {});
  }
  if (live.left == 0 && s_.isHome()) frameEnded(kRootFrame, kNone);
}

// One more predecessor of a step has ended; whether it was the last that the step waits for.
bool Fold::isMet(Position position) {
  Slot& slot = s_.frames[kRootFrame].live->slots[position];
  if (!concerns(position) || slot.unmet == 0) return false;
  return --slot.unmet == 0;
}

// All predecessors of a step of the root list have ended.
void Fold::becomeReady(Position position, Entry entry) {
  const workflow::NodeIndex node = s_.plans[0].block(0).nodes[position];
  const StepId id = addStep(kRootFrame, node, Role::kStep, kNone, 0, entry);
  if (id == kNone) return;
  s_.frames[kRootFrame].live->slots[position].step = id;
  s_.roots[position].step = id;
  if (s_.steps[id].phase != Phase::kRemote) return trigger(id);
  if (s_.roots[position].parked) s_.unparked.push_back(position);
}

// A step of the root list has ended well, here or elsewhere.
void Fold::rootSettled(StepId id) {
  const PlanView& view = s_.plans[0];
  const workflow::Node& node = view.node(s_.steps[id].node);
  const Position position = view.position(node.index);
  const bool mine = s_.ownership->mine(position);
  if (mine) tell(position, id, nullptr);
  Live& live = *s_.frames[kRootFrame].live;
  for (const workflow::NodeIndex next : node.successors) {
    const Position p = view.position(next);
    if (isMet(p)) becomeReady(p, {id, base::Duration(0)});
  }
  // An output on a node that may be lost is made again from its inputs.
  const OutputPtr& output = s_.steps[id].output;
  s_.roots[position].holdsInputs = !mine && output && inNodeStore(toValue(output));
  if (!s_.roots[position].holdsInputs) inputsDone(position);
  if (live.slots[position].users == 0) forgetOutput(position);
  if (--live.left == 0 && s_.isHome()) frameEnded(kRootFrame, id);
}

void Fold::inputsDone(Position position) {
  const PlanView& view = s_.plans[0];
  Live& live = *s_.frames[kRootFrame].live;
  for (const workflow::NodeIndex before : view.node(view.block(0).nodes[position]).predecessors) {
    Slot& slot = live.slots[view.position(before)];
    if (slot.users == 0) continue;
    if (--slot.users == 0) forgetOutput(view.position(before));
  }
}

void Fold::forgetOutput(Position position) {
  const StepId id = s_.frames[kRootFrame].live->slots[position].step;
  if (id != kNone) s_.steps[id].output.reset();
  if (std::exchange(s_.roots[position].holdsInputs, false)) inputsDone(position);
}

// At a part: home decides what the failure of one of its steps means for the run.
void Fold::rootFailed(const Failure& failure, StepId id) {
  --s_.frames[kRootFrame].live->left;
  tell(s_.plans[0].position(s_.steps[id].node), id, &failure);
}

// Lets the agents know that wait for the step: owners of successors, and home.
void Fold::tell(Position position, StepId id, const Failure* failure) {
  std::vector<AgentIndex> agents = failure ? std::vector<AgentIndex>() : waitingAgents(s_, position);
  if (!s_.isHome()) {
    if (!std::ranges::count(agents, Ownership::kHome)) agents.push_back(Ownership::kHome);
    if (s_.steps[id].output) s_.steps[id].output->lend();
    auto end = std::make_shared<StepEnd>(endAt(s_, id));
    if (failure) end->error = failure->error;
    s_.sharedBytes += sizeof(StepEnd) + end->records.json.size() + end->output.ref.payload.size();
    s_.roots[position].end = std::move(end);
  }
  if (!agents.empty()) out_.emplace_back(Tell{position, std::move(agents)});
}

// What an agent says counts from the epoch in which it got the step.
bool Fold::believed(const std::string& from, Position position, std::uint32_t epoch) const {
  return s_.ownership->owner(position) == from && epoch >= s_.roots[position].givenAt;
}

void Fold::remoteEnded(const RemoteEnded& event) {
  const StepEnd& end = *event.end;
  if (!s_.shared() || end.position >= s_.roots.size()) return;
  RootStep& root = s_.roots[end.position];
  if (!s_.isHome() && end.epoch > s_.epoch) {  // it knows of owners that home is about to tell of
    root.parked = std::make_unique<RemoteEnded>(event);
    return;
  }
  if (!believed(event.from, end.position, end.epoch)) return keepStray(end);
  Slot& slot = s_.frames[kRootFrame].live->slots[end.position];
  if (s_.ownership->mine(end.position) || root.parked) return;
  if (slot.step != kNone && !s_.steps[slot.step].active) return;  // known already
  if (!s_.isHome()) {
    if (!end.failed()) know(end, true);
    return;
  }
  if (slot.step != kNone || end.failed()) return settleRemote(end);
  root.parked = std::make_unique<RemoteEnded>(event);
}

// At a part: a step that this agent does not run (any more) has ended. `succeed`: its successors may begin.
void Fold::know(const StepEnd& end, bool succeed) {
  Live& live = *s_.frames[kRootFrame].live;
  if (end.position >= live.slots.size()) return;
  retire(end.position);
  Slot& slot = live.slots[end.position];
  const PlanView& view = s_.plans[0];
  const workflow::Node& node = view.node(view.block(0).nodes[end.position]);
  const StepId id = addStep(kRootFrame, node.index, Role::kStep, kNone, 0, {});
  if (id == kNone) return;
  slot.step = id;
  s_.roots[end.position].step = id;
  Step& step = s_.steps[id];
  const bool mine = s_.ownership->mine(end.position);
  this->end(step, statusOf(end.status), kNone);
  step.begun = true;
  if (mine) {
    slot.unmet = 0;
    --live.left;
    inputsDone(end.position);
  }
  if (slot.users > 0 && end.status == StepEnd::Status::kSucceeded) {
    step.output =
        fromValue(end.output, s_.ledger,
                  mine ? std::optional(OutputRef::Store::kNode) : std::optional<OutputRef::Store>());
    step.store = storeOf(step.output);
  }
  for (const workflow::NodeIndex next : node.successors) {
    const Position p = view.position(next);
    if (isMet(p) && succeed) becomeReady(p, {id, base::Duration(0)});
  }
}

// At home: a remote step has ended, and so have those before it.
void Fold::settleRemote(const StepEnd& end) {
  Slot& slot = s_.frames[kRootFrame].live->slots[end.position];
  if (slot.step == kNone) {  // a failure, told before the ends that led to it: the run ends now
    const workflow::NodeIndex node = s_.plans[0].block(0).nodes[end.position];
    const StepId id = addStep(kRootFrame, node, Role::kStep, kNone, 0, {});
    if (id == kNone) return;
    slot.step = id;
    s_.roots[end.position].step = id;
  }
  const StepId id = slot.step;
  RootStep& root = s_.roots[end.position];
  root.receipt = end.receipt;
  show(end.position, end.records);
  root.reported = std::max(root.reported, end.attempts);
  Step& step = s_.steps[id];
  step.begun = true;
  if (end.cause && *end.cause < s_.roots.size()) {
    const StepId cause = s_.roots[*end.cause].step;
    if (cause != kNone && cause < id && !s_.steps[cause].active) step.cause = cause;
  }
  seenCall(end.began);
  if (end.failed()) {
    this->end(step, statusOf(end.status), kNone);
    return frameFailed(kRootFrame, {.error = end.error}, id);
  }
  OutputPtr output;
  if (end.status == StepEnd::Status::kSucceeded)
    output = fromValue(end.output, s_.ledger, OutputRef::Store::kCluster);
  settle(id, statusOf(end.status), std::move(output), kNone);
}

void Fold::unpark() {
  while (!s_.unparked.empty() && !s_.ended()) {
    const Position position = s_.unparked.back();
    s_.unparked.pop_back();
    const auto parked = std::move(s_.roots[position].parked);
    if (parked) settleRemote(*parked->end);
  }
}

// Others may use the output before they hear that the agent had lost the step, so it is not released yet.
void Fold::keepStray(const StepEnd& end) {
  if (!s_.isHome() || end.status != StepEnd::Status::kSucceeded || s_.strays.size() >= kMaxStrays) return;
  s_.strays.push_back(fromValue(end.output, s_.ledger, OutputRef::Store::kCluster));
}

void Fold::remoteProgress(const RemoteProgress& event) {
  if (!s_.shared() || event.position >= s_.roots.size()) return;
  if (!believed(event.from, event.position, event.epoch) || s_.ownership->mine(event.position)) return;
  RootStep& root = s_.roots[event.position];
  if (root.parked || (root.step != kNone && !s_.steps[root.step].active)) return;
  root.reported = std::max(root.reported, event.attempts);
  show(event.position, event.records, boundedWaits(event.waits));
  if (root.step != kNone) s_.steps[root.step].begun = true;
  seenCall(event.began);
}

void Fold::show(Position position, const StepRecords& records, const std::string& waits) {
  RootStep& root = s_.roots[position];
  s_.sharedBytes += records.json.size() + waits.size();
  s_.sharedBytes -= root.records.json.size() + root.waits.size();
  root.records = records;
  root.waits = waits;
}

void Fold::seenCall(std::optional<base::Duration> began) {
  if (!began || !s_.isHome()) return;
  const base::Instant at = std::max(now_ + -*began, s_.createdAt);
  if (!s_.called || at < s_.startedAt) s_.startedAt = at;
  s_.called = true;
}

}  // namespace faasbatch::engine
