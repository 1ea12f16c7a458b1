#include "node-agent/engine/scope.h"

#include <algorithm>

namespace faasbatch::engine {

Place placeOf(const State& s, StepId step) { return {s.steps[step].frame, step}; }

std::optional<Place> outwards(const State& s, Place place) {
  const Frame& frame = s.frames[place.frame];
  if (frame.kind == Frame::Kind::kWorkflow) return std::nullopt;
  return placeOf(s, frame.owner);
}

namespace {

template <class Predicate>
StepId nearest(const State& s, Place place, Predicate matches) {
  for (std::optional<Place> at = place; at; at = outwards(s, *at)) {
    if (at->step != kNone && matches(s.steps[at->step].role)) return at->step;
  }
  return kNone;
}

}  // namespace

StepId enclosingItem(const State& s, Place place) {
  return nearest(s, place, [](Role role) { return role == Role::kItem; });
}

StepId enclosingTurn(const State& s, Place place) {
  return nearest(s, place, [](Role role) { return role == Role::kTurn; });
}

StepId enclosingLoop(const State& s, Place place) {
  return nearest(s, place, [](Role role) { return role == Role::kItem || role == Role::kTurn; });
}

FrameId workflowFrame(const State& s, Place place) {
  FrameId frame = place.frame;
  while (s.frames[frame].kind != Frame::Kind::kWorkflow) frame = s.steps[s.frames[frame].owner].frame;
  return frame;
}

const RunError* handledError(const State& s, Place place) {
  for (FrameId id = place.frame;;) {
    const Frame& frame = s.frames[id];
    if (frame.kind == Frame::Kind::kWorkflow) return nullptr;
    if (frame.kind == Frame::Kind::kCatch) return s.steps[frame.owner].active->error.get();
    id = s.steps[frame.owner].frame;
  }
}

const Step* visibleStep(const State& s, Place place, workflow::NodeIndex node) {
  const PlanView& plan = s.plans[s.frames[place.frame].plan];
  const workflow::BlockIndex block = plan.node(node).block;
  for (FrameId id = place.frame;;) {
    const Frame& frame = s.frames[id];
    if (frame.block == block) {
      if (!frame.live) return nullptr;
      const StepId step = frame.live->slots[plan.position(node)].step;
      return step != kNone && s.steps[step].phase == Phase::kEnded ? &s.steps[step] : nullptr;
    }
    if (frame.kind == Frame::Kind::kWorkflow) return nullptr;
    id = s.steps[frame.owner].frame;
  }
}

std::vector<std::uint32_t> indexPath(const State& s, StepId step) {
  std::vector<std::uint32_t> path;
  while (step != kRunStep) {
    const Step& at = s.steps[step];
    if (at.role == Role::kItem || at.role == Role::kTurn) path.push_back(at.index);
    step = s.frames[at.frame].owner;
  }
  std::ranges::reverse(path);
  return path;
}

const std::string& stepName(const State& s, StepId step) {
  static const std::string kRun;
  return s.steps[step].role == Role::kRun ? kRun : s.node(s.steps[step]).name;
}

int workflowDepth(const State& s, StepId step) {
  int depth = 0;
  for (; step != kRunStep; step = s.frames[s.steps[step].frame].owner) {
    if (s.frames[s.steps[step].frame].kind == Frame::Kind::kWorkflow) ++depth;
  }
  return depth - 1;
}

std::uint32_t evaluationRound(const Step& step) {
  return step.phase == Phase::kUntil ? step.active->turns->turn : step.active->retries;
}

bool doesWork(const State& s, const Step& step) {
  if (step.role == Role::kRun) return false;
  if (step.role != Role::kStep) return true;
  const workflow::Node& node = s.node(step);
  return !node.foreach && !node.repeat;
}

bool makesCalls(const State& s, const Step& step) {
  return doesWork(s, step) && s.node(step).kind == workflow::NodeKind::kFunction;
}

}  // namespace faasbatch::engine
