#include "node-agent/engine/share.h"

#include <algorithm>
#include <utility>

#include "node-agent/engine/record.h"
#include "node-agent/engine/root_list.h"

namespace faasbatch::engine {
namespace {

// A step that is not told of, but whose end is known: its output where somebody here may still look at it.
StepEnd known(const State& s, Position position) { return endAt(s, s.roots[position].step); }

}  // namespace

Share shareOf(const Run& run, AgentIndex agent) {
  const State& s = run.state();
  auto ownership = std::make_shared<Ownership>(*s.ownership);
  ownership->self = agent;
  Share share{.ownership = nullptr, .epoch = s.epoch, .createdAt = s.createdAt};
  const PlanView& view = s.plans[0];
  std::vector<bool> wanted(s.roots.size());  // outputs
  std::vector<bool> told(s.roots.size());
  for (Position p = 0; p < s.roots.size(); ++p) {
    if (ownership->owners[p] != agent) continue;
    if (hasEnded(s, p)) {
      told[p] = true;
      continue;
    }
    const RootStep& root = s.roots[p];
    if (root.attempts > 0 || root.since.ns != 0) share.given.push_back({p, root.attempts, root.since});
    for (const workflow::NodeIndex before : view.node(view.block(0).nodes[p]).predecessors) {
      if (hasEnded(s, view.position(before)))
        told[view.position(before)] = wanted[view.position(before)] = true;
    }
  }
  for (Position p = 0; p < s.roots.size(); ++p) {
    if (!told[p]) continue;
    StepEnd end = known(s, p);
    if (!wanted[p]) end.output = {};
    share.ended.push_back(std::move(end));
  }
  share.ownership = std::move(ownership);
  return share;
}

std::optional<StepEnd> endOf(const Run& run, Position position) {
  const State& s = run.state();
  if (!s.shared() || position >= s.roots.size() || s.ended()) return std::nullopt;
  if (s.roots[position].end) {
    StepEnd end = *s.roots[position].end;
    end.epoch = s.epoch;
    return end;
  }
  if (!s.isHome() || !hasEnded(s, position)) return std::nullopt;
  if (s.frames[kRootFrame].live->slots[position].users == 0) return std::nullopt;
  return known(s, position);
}

std::optional<RemoteProgress> progressOf(const Run& run, Position position) {
  const State& s = run.state();
  const StepId step = s.roots[position].step;
  if (s.ended() || step == kNone || !s.steps[step].active || !s.ownership->mine(position))
    return std::nullopt;
  const std::vector<StepId> inside = subtree(s, step);
  const CallsInside calls = callsInside(s, inside);
  RemoteProgress progress{
      .from = s.ownership->agents[s.ownership->self], .position = position, .epoch = s.epoch};
  progress.attempts = calls.attempts;
  if (calls.first) progress.began = s.lastAt - *calls.first;
  progress.records = records(s, inside, kMaxProgressRecordBytes);
  return progress;
}

std::vector<Position> underWay(const Run& run) {
  const State& s = run.state();
  std::vector<Position> positions;
  for (Position p = 0; p < s.roots.size(); ++p) {
    const StepId step = s.roots[p].step;
    if (step != kNone && s.steps[step].active && s.steps[step].begun && s.ownership->mine(p))
      positions.push_back(p);
  }
  return positions;
}

std::optional<Position> feeds(const Run& run, StepId step) {
  const State& s = run.state();
  if (!s.shared() || step >= s.steps.size()) return std::nullopt;
  while (true) {
    const Step& at = s.steps[step];
    if (at.container != kNone) {
      step = at.container;
      continue;
    }
    if (at.frame == kRootFrame) return s.plans[0].position(at.node);
    const Frame& frame = s.frames[at.frame];
    const PlanView& view = s.plans[frame.plan];
    workflow::NodeIndex from = view.block(frame.block).last;
    if (frame.kind == Frame::Kind::kWorkflow && view.output()) {
      const TemplateView& look = view.look(*view.output());
      if (look.whole != TemplateView::Whole::kStep) return std::nullopt;
      from = look.wholeStep;
    }
    if (at.node != from) return std::nullopt;
    step = frame.owner;
  }
}

bool usedHereOnly(const Run& run, Position position) { return usedHereOnly(run.state(), position); }

std::vector<Position> awaited(const Run& run, AgentIndex agent) {
  const State& s = run.state();
  std::vector<Position> positions;
  for (Position p = 0; p < s.roots.size() && !s.ended(); ++p) {
    if (s.ownership->owners[p] == agent && !hasEnded(s, p) && !s.roots[p].parked) positions.push_back(p);
  }
  return positions;
}

std::vector<Position> lacking(const Run& run) {
  const State& s = run.state();
  std::vector<bool> missing(s.roots.size());
  const PlanView& view = s.plans[0];
  for (Position p = 0; p < s.roots.size() && !s.ended(); ++p) {
    if (!s.ownership->mine(p) || s.roots[p].step != kNone) continue;
    for (const workflow::NodeIndex before : view.node(view.block(0).nodes[p]).predecessors) {
      const Position earlier = view.position(before);
      if (!s.ownership->mine(earlier) && !hasEnded(s, earlier)) missing[earlier] = true;
    }
  }
  std::vector<Position> positions;
  for (Position p = 0; p < missing.size(); ++p) {
    if (missing[p]) positions.push_back(p);
  }
  return positions;
}

std::vector<Position> lostWith(const Run& run, AgentIndex agent, bool storeLost) {
  const State& s = run.state();
  std::vector<Position> positions;
  for (Position p = 0; p < s.roots.size() && !s.ended(); ++p) {
    if (s.ownership->owners[p] != agent) continue;
    const RootStep& root = s.roots[p];
    const bool safe = root.parked && !(storeLost && inNodeStore(root.parked->end->output));
    const bool ended = hasEnded(s, p);
    if (ended ? storeLost && root.holdsInputs : !safe) positions.push_back(p);
  }
  return positions;
}

}  // namespace faasbatch::engine
