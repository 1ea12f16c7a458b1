#include <utility>

#include "node-agent/engine/evaluator.h"
#include "node-agent/engine/text.h"

namespace faasbatch::engine {
namespace {

using cel::Value;
using workflow::Node;
using workflow::NodeKind;

// What one step decides.
class Decider {
 public:
  Decider(const State& s, StepId id, const Blobs& blobs, base::Instant now)
      : evaluator_(s, blobs), s_(s), step_(s.steps[id]), place_(placeOf(s, id)), id_(id), now_(now) {}

  base::Result<Decision> decide() const;

 private:
  base::Result<Decision> ready(const Node& node) const;
  base::Result<Decision> work(const Node& node) const;
  base::Result<Decision> foreach () const;
  base::Result<Decision> arm(const Node& node) const;
  base::Result<Decision> waitUntil(const Node& node) const;
  base::Instant waitsFrom() const;
  base::Result<Decision> failStep(const Node& node) const;
  base::Result<Decision> finish() const;

  Evaluator evaluator_;
  const State& s_;
  const Step& step_;
  Place place_;
  StepId id_;
  base::Instant now_;
};

base::Result<Decision> Decider::decide() const {
  if (step_.phase == Phase::kFinishing) return finish();
  if (step_.phase == Phase::kUntil) {
    const auto done = evaluator_.condition(place_, s_.node(step_).repeat->until, "repeat.until");
    if (!done) return std::unexpected(done.error());
    return Decision{Decision::Until{*done}};
  }
  return ready(s_.node(step_));
}

base::Result<Decision> Decider::ready(const Node& node) const {
  if (step_.role == Role::kStep) {
    if (node.when) {
      const auto when = evaluator_.condition(place_, *node.when, "when");
      if (!when) return std::unexpected(when.error());
      if (!*when) return Decision{Decision::Skip{}};
    }
    if (node.foreach) return foreach ();
    if (node.repeat) return Decision{Decision::Enter{}};
  }
  return work(node);
}

base::Result<Decision> Decider::work(const Node& node) const {
  switch (node.kind) {
    case NodeKind::kFunction:
    case NodeKind::kWorkflow: {
      auto input = evaluator_.callInput(id_);
      if (!input) return std::unexpected(std::move(input.error()));
      if (node.kind == NodeKind::kFunction) return Decision{Decision::Call{std::move(*input)}};
      return Decision{Decision::Enter{std::move(*input)}};
    }
    case NodeKind::kGroup:
      return Decision{Decision::Enter{}};
    case NodeKind::kSwitch:
      return arm(node);
    case NodeKind::kWait:
      return waitUntil(node);
    case NodeKind::kFail:
      return failStep(node);
  }
  std::unreachable();
}

base::Result<Decision> Decider::foreach () const {
  const auto items = evaluator_.items(id_);
  if (!items) return std::unexpected(items.error());
  const std::size_t count = (*items)->asList().size();
  if (count > kMaxItems) {
    return base::fail("ExpressionFailed", s_.node(step_).path + ".foreach.items: has " +
                                              std::to_string(count) + " items, at most " +
                                              std::to_string(kMaxItems) + " are allowed");
  }
  return Decision{Decision::Items{static_cast<std::uint32_t>(count)}};
}

base::Result<Decision> Decider::arm(const Node& node) const {
  for (std::uint32_t i = 0; i < node.arms.size(); ++i) {
    const auto& when = node.arms[i].when;
    if (!when) return Decision{Decision::Arm{i}};
    const auto chosen = evaluator_.condition(place_, *when, "switch[" + std::to_string(i) + "].when");
    if (!chosen) return std::unexpected(chosen.error());
    if (*chosen) return Decision{Decision::Arm{i}};
  }
  return Decision{Decision::Arm{std::nullopt}};
}

// A wait goes on where another owner had begun it.
base::Instant Decider::waitsFrom() const {
  if (!s_.shared() || step_.frame != kRootFrame || step_.role != Role::kStep) return now_;
  const base::Instant since = s_.roots[s_.plans[0].position(step_.node)].since;
  return since.ns != 0 ? since : now_;
}

base::Result<Decision> Decider::waitUntil(const Node& node) const {
  if (!node.waitUntil) return Decision{Decision::WaitUntil{waitsFrom() + node.wait}};
  const auto until = evaluator_.value(place_, *node.waitUntil, "wait");
  if (!until) return std::unexpected(until.error());
  if (until->kind() == Value::Kind::kDuration) {
    return Decision{Decision::WaitUntil{waitsFrom() + base::Duration(until->asDurationNs())}};
  }
  if (until->kind() == Value::Kind::kTimestamp) {
    return Decision{Decision::WaitUntil{instantOf(until->asTimestampSeconds(), until->asTimestampNanos())}};
  }
  return base::fail("ExpressionFailed", node.path + ".wait: must be a timestamp or a duration, is a " +
                                            std::string(until->kindName()) +
                                            "; use timestamp(...) or duration(...) on a string");
}

base::Result<Decision> Decider::failStep(const Node& node) const {
  Decision::Fail fail{.type = "Failed", .message = ""};
  if (node.failType) {
    auto type = evaluator_.plainText(place_, *node.failType, "fail.type");
    if (!type) return std::unexpected(std::move(type.error()));
    fail.type = std::move(*type);
  }
  if (node.failMessage) {
    auto message = evaluator_.plainText(place_, *node.failMessage, "fail.message");
    if (!message) return std::unexpected(std::move(message.error()));
    fail.message = std::move(*message);
  }
  return Decision{std::move(fail)};
}

base::Result<Decision> Decider::finish() const {
  const Place inside{step_.active->child, kNone};
  const PlanView& plan = s_.plans[s_.frames[inside.frame].plan];
  base::Result<base::Payload> text;
  if (plan.output()) {
    text = evaluator_.text(inside, *plan.output(), "output");
  } else {
    const Step* last = visibleStep(s_, inside, plan.block(0).last);
    text = textOf(last ? last->output : nullptr, evaluator_.blobs());
  }
  if (!text) return std::unexpected(std::move(text.error()));
  return Decision{Decision::Output{std::move(*text)}};
}

bool evaluates(const Step& step) {
  return step.phase == Phase::kEvaluating || step.phase == Phase::kUntil || step.phase == Phase::kFinishing;
}

}  // namespace

bool beginsCall(const Run& run, StepId step) {
  const State& s = run.state();
  return step < s.steps.size() && s.steps[step].phase == Phase::kEvaluating && makesCalls(s, s.steps[step]);
}

Decision evaluate(const Run& run, StepId step, const Blobs& blobs, base::Instant now) {
  const State& s = run.state();
  if (step >= s.steps.size() || !evaluates(s.steps[step])) {
    return {Decision::Error{"Stale", "the step does not wait for an evaluation"}, Decision::kNoRound};
  }
  auto decided = Decider(s, step, blobs, now).decide();
  Decision decision;
  if (decided) {
    decision = std::move(*decided);
  } else {
    decision.what = Decision::Error{std::move(decided.error().kind), std::move(decided.error().message)};
  }
  decision.round = evaluationRound(s.steps[step]);
  return decision;
}

}  // namespace faasbatch::engine
