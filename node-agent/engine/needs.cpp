#include <algorithm>

#include "node-agent/engine/evaluator.h"

namespace faasbatch::engine {
namespace {

using workflow::Node;
using workflow::Template;

// Goes through the templates a step is about to evaluate and collects the stored outputs they look at.
class Needs {
 public:
  explicit Needs(const State& s) : s_(s) {}

  void step(StepId id);
  std::vector<StoreKey> take() {
    std::ranges::sort(keys_);
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    return std::move(keys_);
  }

 private:
  void ready(StepId id, const Step& step);
  void finish(StepId id, const Step& step);
  void look(Place place, const Template& text);
  void look(Place place, const std::optional<Template>& text) {
    if (text) look(place, *text);
  }
  void output(const OutputPtr& output, bool asText) {
    if (output) asText ? output->textKeys(keys_) : output->valueKeys(keys_);
  }
  void input(Place place, bool asText);
  void callInput(StepId id);
  void items(Place place);
  void turn(Place place, const TemplateView& view);

  const State& s_;
  std::vector<StoreKey> keys_;
};

void Needs::input(Place place, bool asText) {
  const Frame& frame = s_.frames[workflowFrame(s_, place)];
  if (frame.live->hasInput) return output(frame.live->input, asText);
  callInput(frame.owner);
}

void Needs::callInput(StepId id) {
  const auto& text = s_.node(s_.steps[id]).input;
  if (text) return look(placeOf(s_, id), *text);
  input(placeOf(s_, id), true);
}

void Needs::items(Place place) {
  const StepId item = enclosingItem(s_, place);
  if (item == kNone) return;
  const StepId foreach = s_.steps[item].container;
  if (!s_.steps[foreach].active->items->values) {
    look(placeOf(s_, foreach), s_.node(s_.steps[foreach]).foreach->items);
  }
}

void Needs::turn(Place place, const TemplateView& view) {
  const bool until = place.step != kNone && s_.steps[place.step].phase == Phase::kUntil;
  const StepId turn = until ? place.step : enclosingTurn(s_, place);
  if (turn == kNone) return;
  const Turns& turns = *s_.steps[until ? turn : s_.steps[turn].container].active->turns;
  if (view.last) output(turns.last, view.whole == TemplateView::Whole::kLast);
  if (view.output && until) output(turns.output, false);
}

void Needs::look(Place place, const Template& text) {
  using enum TemplateView::Whole;
  const TemplateView& view = s_.plans[s_.frames[place.frame].plan].look(text);
  if (view.input) input(place, view.whole == kInput);
  if (view.item) items(place);
  if (view.last || view.output) turn(place, view);
  for (const workflow::NodeIndex node : view.steps) {
    const Step* step = visibleStep(s_, place, node);
    if (step) output(step->output, view.whole == kStep);
  }
}

void Needs::ready(StepId id, const Step& step) {
  const Node& node = s_.node(step);
  const Place place = placeOf(s_, id);
  if (step.role == Role::kStep) {
    look(place, node.when);
    if (node.foreach) return look(place, node.foreach->items);
    if (node.repeat) return;
  }
  if (node.kind == workflow::NodeKind::kFunction || node.kind == workflow::NodeKind::kWorkflow) callInput(id);
  for (const workflow::Arm& arm : node.arms) look(place, arm.when);
  look(place, node.waitUntil);
  look(place, node.failType);
  look(place, node.failMessage);
}

void Needs::finish(StepId, const Step& step) {
  const FrameId frame = step.active->child;
  const PlanView& plan = s_.plans[s_.frames[frame].plan];
  if (plan.output()) return look({frame, kNone}, *plan.output());
  const workflow::NodeIndex last = plan.block(0).last;
  if (const Step* found = visibleStep(s_, {frame, kNone}, last)) output(found->output, true);
}

void Needs::step(StepId id) {
  const Step& step = s_.steps[id];
  if (step.phase == Phase::kEvaluating) ready(id, step);
  if (step.phase == Phase::kUntil) look(placeOf(s_, id), s_.node(step).repeat->until);
  if (step.phase == Phase::kFinishing) finish(id, step);
}

}  // namespace

std::vector<StoreKey> needsOf(const State& s, StepId step) {
  if (s.ledger.stored == 0) return {};
  Needs needs(s);
  needs.step(step);
  return needs.take();
}

}  // namespace faasbatch::engine
