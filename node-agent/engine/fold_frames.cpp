#include <algorithm>
#include <utility>

#include "node-agent/engine/evaluator.h"
#include "node-agent/engine/fold.h"
#include "node-agent/engine/measure.h"
#include "node-agent/engine/root_list.h"

namespace faasbatch::engine {

using workflow::BlockIndex;
using workflow::NodeIndex;

TimerKey Fold::setTimer(StepId id, base::Instant at) {
  const auto key = static_cast<TimerKey>(s_.timers.size());
  s_.timers.push_back({id, at});
  out_.emplace_back(SetTimer{key, at});
  return key;
}

void Fold::trigger(StepId id) {
  Step& step = s_.steps[id];
  Trigger command{id, needsOf(s_, id)};
  step.active->triggeredAt = now_;
  step.active->fetching = !command.needs.empty();
  out_.emplace_back(std::move(command));
}

StepId Fold::addStep(FrameId frame, NodeIndex node, Role role, StepId container, std::uint32_t index,
                     Entry entry) {
  if (s_.steps.size() >= kMaxStepInstances) {
    tooMany_ = true;
    return kNone;
  }
  const auto id = static_cast<StepId>(s_.steps.size());
  Step& step = s_.steps.emplace_back();
  const bool root = s_.shared() && frame == kRootFrame && role == Role::kStep;
  step.node = node;
  step.plan = s_.frames[frame].plan;
  step.frame = frame;
  step.container = container;
  step.index = index;
  step.role = role;
  step.cause = entry.cause;
  step.gapWait = entry.wait;
  step.readyAt = now_;
  step.active = std::make_unique<Active>();
  ++s_.activeSteps;
  step.active->deadline =
      container == kNone ? s_.frames[frame].live->deadline : s_.steps[container].active->deadline;
  if (root && !s_.ownership->mine(s_.plans[0].position(node))) {
    step.phase = Phase::kRemote;
    return id;
  }
  if (s_.shared() && makesCalls(s_, step)) step.active->attempt = s_.roots[rootPosition(s_, id)].attempts;
  if (const auto& timeout = s_.node(step).timeout; timeout && role == Role::kStep) {
    const base::Instant since = root ? s_.roots[s_.plans[0].position(node)].since : base::Instant{};
    const base::Instant at = (since.ns != 0 ? since : now_) + *timeout;
    step.active->deadline = std::min(step.active->deadline, at);
    step.active->timeout = setTimer(id, at);
  }
  return id;
}

FrameId Fold::openFrame(StepId owner, Frame::Kind kind, std::uint32_t plan, BlockIndex block,
                        base::Instant deadline, Entry entry) {
  const auto id = static_cast<FrameId>(s_.frames.size());
  const PlanView& view = s_.plans[plan];
  const workflow::Block& list = view.block(block);
  auto live = std::make_unique<Live>();
  live->deadline = deadline;
  live->left = static_cast<std::uint32_t>(list.nodes.size());
  live->slots.reserve(list.nodes.size());
  for (const NodeIndex node : list.nodes) {
    live->slots.push_back(
        {kNone, static_cast<std::uint32_t>(view.node(node).predecessors.size()), view.users(node)});
  }
  ++s_.liveFrames;
  s_.liveSlots += list.nodes.size();
  s_.frames.push_back({owner, plan, block, kind, std::move(live)});
  s_.steps[owner].active->child = id;
  if (s_.shared() && id == kRootFrame) return id;  // see beginRoot
  for (std::uint32_t i = 0; i < list.nodes.size(); ++i) {
    Slot& slot = s_.frames[id].live->slots[i];
    if (slot.unmet == 0) slot.step = addStep(id, list.nodes[i], Role::kStep, kNone, 0, entry);
  }
  return id;
}

// Triggers what openFrame made ready; apart, as the frame's bindings are put in between.
void Fold::begin(FrameId frame) {
  const Live& live = *s_.frames[frame].live;
  for (const Slot& slot : live.slots) {
    if (slot.step != kNone) trigger(slot.step);
  }
  if (live.left == 0) frameEnded(frame, kNone);
}

void Fold::enterBody(StepId id, BlockIndex block) {
  Step& step = s_.steps[id];
  step.phase = Phase::kInside;
  const Entry entry{step.active->entryCause, step.active->entryWait};
  begin(openFrame(id, Frame::Kind::kBody, step.plan, block, step.active->deadline, entry));
}

std::uint32_t Fold::planView(const workflow::PlanPtr& plan) {
  for (std::uint32_t i = 0; i < s_.plans.size(); ++i) {
    if (s_.plans[i].plan() == plan && !s_.accepted.function) return i;
  }
  s_.plans.emplace_back(plan);
  return static_cast<std::uint32_t>(s_.plans.size() - 1);
}

void Fold::enterWorkflow(StepId id, const std::optional<base::Payload>& input) {
  Step& step = s_.steps[id];
  const std::string& name = s_.node(step).workflow;
  const PlanSet& plans = *s_.accepted.plans;
  const auto found = plans.others.find(name);
  const workflow::PlanPtr plan = found != plans.others.end() ? found->second
                                 : plans.main->name == name  ? plans.main
                                                             : nullptr;
  if (!plan) {
    Failure failure = failureOf(id, "WorkflowNotFound",
                                "there is no workflow \"" + name + "\" in this namespace; apply it");
    failure.retryable = false;
    return failBySelf(id, failure);
  }
  if (workflowDepth(s_, id) + 1 > kMaxWorkflowDepth) {
    Failure failure =
        failureOf(id, "WorkflowTooDeep",
                  "workflow \"" + name + "\" is entered more than " + std::to_string(kMaxWorkflowDepth) +
                      " workflows deep; does it call itself without an end?");
    failure.retryable = false;
    return failBySelf(id, failure);
  }
  step.phase = Phase::kInside;
  const base::Instant end = now_ + plan->timeout;
  const base::Instant deadline = std::min(step.active->deadline, end);
  step.active->workflowTimeout = setTimer(id, end);
  const Entry entry{step.active->entryCause, step.active->entryWait};
  const FrameId frame = openFrame(id, Frame::Kind::kWorkflow, planView(plan), 0, deadline, entry);
  if (input) {
    s_.frames[frame].live->input = Output::of(inlineRef(*input), s_.ledger);
    s_.frames[frame].live->hasInput = true;
  }
  begin(frame);
}

// Ends a step and nothing else.
void Fold::end(Step& step, StepStatus status, StepId lastChild) {
  step.phase = Phase::kEnded;
  step.status = status;
  step.endedAt = now_;
  if (lastChild != kNone) step.lastChild = lastChild;
  if (step.active) --s_.activeSteps;
  step.active.reset();
}

void Fold::settle(StepId id, StepStatus status, OutputPtr output, StepId lastChild) {
  Step& step = s_.steps[id];
  end(step, status, lastChild);
  step.store = storeOf(output);
  if (step.role == Role::kItem) return itemSettled(id, std::move(output));
  if (step.role == Role::kTurn) return turnSettled(id, std::move(output));
  if (step.frame == kRootFrame && status == StepStatus::kSucceeded) {
    s_.rootBytes.resize(s_.plans[0].block(0).nodes.size());
    s_.rootBytes[s_.plans[0].position(step.node)] = bytesOf(output);
  }
  step.output = std::move(output);
  stepSettled(id);
}

void Fold::userGone(Live& live, std::uint32_t position) {
  Slot& slot = live.slots[position];
  if (--slot.users == 0) s_.steps[slot.step].output.reset();
}

void Fold::stepSettled(StepId id) {
  const FrameId frameId = s_.steps[id].frame;
  if (s_.shared() && frameId == kRootFrame) return rootSettled(id);
  const PlanView& view = s_.plans[s_.steps[id].plan];
  const workflow::Node& node = view.node(s_.steps[id].node);
  Live& live = *s_.frames[frameId].live;
  for (const NodeIndex next : node.successors) {
    Slot& slot = live.slots[view.position(next)];
    if (--slot.unmet > 0) continue;
    slot.step = addStep(frameId, next, Role::kStep, kNone, 0, {id, base::Duration(0)});
    if (slot.step != kNone) trigger(slot.step);
  }
  for (const NodeIndex before : node.predecessors) userGone(live, view.position(before));
  if (live.slots[view.position(node.index)].users == 0) s_.steps[id].output.reset();
  if (--live.left == 0) frameEnded(frameId, id);
}

void Fold::frameEnded(FrameId id, StepId lastStep) {
  Frame& frame = s_.frames[id];
  const StepId owner = frame.owner;
  if (frame.kind == Frame::Kind::kWorkflow) return finishWorkflow(owner, id, lastStep);
  const PlanView& view = s_.plans[frame.plan];
  OutputPtr output;
  if (!frame.live->slots.empty()) {
    const Slot& last = frame.live->slots[view.position(view.block(frame.block).last)];
    output = std::move(s_.steps[last.step].output);
  }
  closeFrame(id);
  settle(owner, StepStatus::kSucceeded, std::move(output), lastStep);
}

// Forgets what a frame held; its steps stay for the record.
void Fold::closeFrame(FrameId id) {
  Frame& frame = s_.frames[id];
  for (const Slot& slot : frame.live->slots) {
    if (slot.step != kNone) s_.steps[slot.step].output.reset();
  }
  --s_.liveFrames;
  s_.liveSlots -= frame.live->slots.size();
  frame.live.reset();
}

void Fold::finishWorkflow(StepId owner, FrameId id, StepId lastStep) {
  const Frame& frame = s_.frames[id];
  const PlanView& view = s_.plans[frame.plan];
  s_.steps[owner].lastChild = lastStep;
  workflow::NodeIndex from = view.block(0).last;
  OutputPtr output;
  if (view.output()) {
    const TemplateView& look = view.look(*view.output());
    // Of the run only: the input of a sub-workflow may be missing in a replay, which must not take another
    // way.
    if (look.whole == TemplateView::Whole::kInput && owner == kRunStep) {
      return workflowEnded(owner, frame.live->input, lastStep);
    }
    if (look.whole != TemplateView::Whole::kStep) {
      s_.steps[owner].phase = Phase::kFinishing;
      return trigger(owner);
    }
    from = look.wholeStep;
  }
  if (!frame.live->slots.empty()) output = s_.steps[frame.live->slots[view.position(from)].step].output;
  // The run answers with one payload: a list with stored parts has to be read first, and one that is too long
  // fails there.
  if (owner == kRunStep && output && output->isList()) {
    std::vector<StoreKey> keys;
    output->textKeys(keys);
    if (!keys.empty() || bytesOf(output) > kMaxJoinedBytes) {
      s_.steps[owner].phase = Phase::kFinishing;
      return trigger(owner);
    }
  }
  workflowEnded(owner, std::move(output), lastStep);
}

void Fold::workflowEnded(StepId owner, OutputPtr output, StepId lastStep) {
  closeFrame(s_.steps[owner].active->child);
  if (owner == kRunStep) return runSucceeded(std::move(output), lastStep);
  settle(owner, StepStatus::kSucceeded, std::move(output), lastStep);
}

}  // namespace faasbatch::engine
