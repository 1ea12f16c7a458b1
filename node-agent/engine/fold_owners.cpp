#include <algorithm>
#include <utility>

#include "node-agent/engine/fold.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/record_merge.h"
#include "node-agent/engine/root_list.h"

namespace faasbatch::engine {

void Fold::engage() {
  if (!s_.isHome()) return;
  Engage command;
  for (AgentIndex agent = 0; agent < s_.ownership->agents.size(); ++agent) {
    if (agent != s_.ownership->self) command.agents.push_back(agent);
  }
  if (!command.agents.empty()) out_.emplace_back(std::move(command));
}

// At home. What the lost agent had under way was interrupted, as by a restart; what it had ended is begun
// anew where the event says so.
void Fold::ownerLost(const OwnerLost& event) {
  if (!s_.shared() || !s_.isHome() || !s_.frames[kRootFrame].live) return;
  const auto lost = s_.ownership->find(event.agent);
  if (!lost || *lost == Ownership::kHome) return;
  auto next = std::make_shared<Ownership>(*s_.ownership);
  std::vector<Position> unfinished;
  std::vector<Position> again;
  for (const auto& [position, heir] : event.heirs) {
    if (position >= s_.roots.size() || next->owners[position] != *lost) continue;
    RootStep& root = s_.roots[position];
    if (hasEnded(s_, position)) {
      if (!root.holdsInputs) continue;  // it has ended since this was decided
      again.push_back(position);
    } else {
      unfinished.push_back(position);
      lose(position, event.agent, event.why);
    }
    root.givenAt = s_.epoch + 1;
    next->owners[position] = root.losses > kBlamelessRetries ? Ownership::kHome : next->add(heir);
  }
  if (!unfinished.empty() || !again.empty()) reassign(std::move(next), again, unfinished, event.why);
}

// At home: who owns what from now on. `again`: steps that had ended and are run again.
void Fold::reassign(OwnershipPtr next, const std::vector<Position>& again,
                    const std::vector<Position>& unfinished, const std::string& why) {
  ++s_.epoch;
  s_.ownership = std::move(next);
  engage();
  reopen(again);
  for (const Position position : unfinished) {
    if (s_.ended()) return;
    if (s_.ownership->mine(position)) takeOver(position, why);
  }
}

// Of a step that gets another owner: its timeout goes on, and the time it was with this one is not forgotten.
void Fold::keepTime(Position position) {
  RootStep& root = s_.roots[position];
  if (root.step == kNone) return;
  if (root.since.ns == 0) root.since = s_.steps[root.step].readyAt;
  root.lost = now_ - s_.steps[root.step].readyAt;
}

// The step was under way with an owner that is lost.
void Fold::lose(Position position, const std::string& agent, const std::string& why) {
  RootStep& root = s_.roots[position];
  root.parked.reset();
  if (root.reported == 0 && root.step == kNone) return;  // it had not begun
  ++root.losses;
  root.attempts = std::max(root.attempts + 1, root.reported);
  keepTime(position);
  StepRecords last = std::exchange(root.records, {});
  root.waits.clear();
  // A call that it told of as waiting, or not at all, may have begun since.
  const bool untold =
      root.step != kNone &&
      (last.count == 0 || (root.reported < root.attempts && makesCalls(s_, s_.steps[root.step])));
  if (untold) last = merged(last, lostCall(s_, root.step, root.attempts, agent));
  root.lostRecords = merged(root.lostRecords, closed(last, {"PodLost", why}));
  root.reported = 0;
}

// Steps that had ended run again: what waits for them waits again.
void Fold::reopen(const std::vector<Position>& positions) {
  const PlanView& view = s_.plans[0];
  Live& live = *s_.frames[kRootFrame].live;
  std::vector<StepId> causes;
  for (const Position position : positions) {
    RootStep& root = s_.roots[position];
    causes.push_back(s_.steps[root.step].cause);
    root.attempts = std::max(root.attempts, root.reported);
    root.reported = 0;
    root.lostRecords = merged(root.lostRecords, std::exchange(root.records, {}));
    root.holdsInputs = false;
    retire(position);
    ++live.left;
  }
  for (const Position position : positions) {
    for (const workflow::NodeIndex next : view.node(view.block(0).nodes[position]).successors) {
      const Position p = view.position(next);
      if (hasEnded(s_, p)) continue;
      retire(p);
      ++live.slots[p].unmet;
    }
  }
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (live.slots[positions[i]].unmet == 0) becomeReady(positions[i], {causes[i], base::Duration(0)});
  }
}

// The instance of a step counts no more; it may get another one.
void Fold::retire(Position position) {
  const StepId id = std::exchange(s_.roots[position].step, kNone);
  s_.frames[kRootFrame].live->slots[position].step = kNone;
  if (id == kNone) return;
  cancel(id);
  s_.steps[id].output.reset();
}

// At home: it runs the step itself from now on, or does what a failure asks for where too many owners were
// lost.
void Fold::takeOver(Position position, const std::string& why) {
  const StepId before = s_.roots[position].step;
  if (before == kNone) return;
  const StepId cause = s_.steps[before].cause;
  retire(position);
  becomeReady(position, {cause, base::Duration(0)});
  const StepId id = s_.roots[position].step;
  if (id == kNone || s_.roots[position].losses <= kBlamelessRetries) return;
  s_.steps[id].begun = true;
  workFailed(id, failureOf(id, "PodLost", why), kNone);
}

void Fold::shareChanged(const ShareChanged& event) {
  if (!s_.shared() || s_.isHome() || !s_.frames[kRootFrame].live) return;
  const Share& share = *event.share;
  if (share.epoch <= s_.epoch || share.ownership->self != s_.ownership->self) return;
  const OwnershipPtr before = std::exchange(s_.ownership, share.ownership);
  s_.epoch = share.epoch;
  adopt(*before, share);
  restoreOutputs(share);
  const PlanView& view = s_.plans[0];
  Live& live = *s_.frames[kRootFrame].live;
  for (Position p = 0; p < live.slots.size(); ++p) {
    Slot& slot = live.slots[p];
    if (!s_.ownership->mine(p) || slot.step != kNone) continue;
    slot.unmet = 0;
    for (const workflow::NodeIndex earlier : view.node(view.block(0).nodes[p]).predecessors) {
      slot.unmet += endedWell(s_, view.position(earlier)) ? 0 : 1;
    }
    if (slot.unmet == 0) becomeReady(p, {});
  }
  tellAgain(*before, share);
  for (RootStep& root : s_.roots) {
    if (const auto parked = std::move(root.parked)) remoteEnded(*parked);
  }
}

// Steps that have another owner now are let go, others gained.
void Fold::adopt(const Ownership& before, const Share& share) {
  Live& live = *s_.frames[kRootFrame].live;
  for (Position p = 0; p < live.slots.size(); ++p) {
    const bool was = before.mine(p);
    const bool is = s_.ownership->mine(p);
    const bool ended = hasEnded(s_, p);
    if (was && !is && !ended) retire(p);
    if (was != is && !ended) is ? ++live.left : --live.left;
    if (!was && is && ended && !s_.roots[p].end) {  // it had ended with another owner, and is run again
      retire(p);
      ++live.left;
    }
  }
  for (const Given& given : share.given) {
    if (given.position >= s_.roots.size() || s_.roots[given.position].step != kNone) continue;
    s_.roots[given.position].attempts = given.attempts;
    s_.roots[given.position].since = given.since;
  }
}

// Outputs that steps of this agent look at from now on: as home has them, or as this agent told of them.
void Fold::restoreOutputs(const Share& share) {
  const PlanView& view = s_.plans[0];
  Live& live = *s_.frames[kRootFrame].live;
  for (Position p = 0; p < live.slots.size(); ++p) {
    live.slots[p].users = usersHere(s_, view.block(0).nodes[p]);
  }
  std::vector<const StepEnd*> ends;
  ends.reserve(share.ended.size() + s_.roots.size());
  for (const StepEnd& end : share.ended) ends.push_back(&end);
  for (const RootStep& root : s_.roots) {
    if (root.end && !root.end->failed()) ends.push_back(root.end.get());
  }
  for (const StepEnd* end : ends) {
    if (end->position >= live.slots.size()) continue;
    const Slot& slot = live.slots[end->position];
    if (!hasEnded(s_, end->position)) {
      know(*end, false);
    } else if (Step& step = s_.steps[slot.step];
               slot.users > 0 && !step.output && end->status == StepEnd::Status::kSucceeded) {
      step.output = fromValue(end->output, s_.ledger, std::nullopt);
    }
  }
}

// What has ended here and home does not know of, and what new owners of successors have not been told.
void Fold::tellAgain(const Ownership& before, const Share& share) {
  const PlanView& view = s_.plans[0];
  for (Position p = 0; p < s_.roots.size(); ++p) {
    if (!s_.roots[p].end) continue;
    Tell command{.position = p, .agents = {}};
    if (!std::ranges::count(share.ended, p, &StepEnd::position)) command.agents.push_back(Ownership::kHome);
    for (const workflow::NodeIndex next : view.node(view.block(0).nodes[p]).successors) {
      const Position to = view.position(next);
      const AgentIndex owner = s_.ownership->owners[to];
      const bool another = owner != before.owners[to] && owner != s_.ownership->self;
      if (another && !std::ranges::count(command.agents, owner)) command.agents.push_back(owner);
    }
    if (!command.agents.empty()) out_.emplace_back(std::move(command));
  }
}

}  // namespace faasbatch::engine
