#include "node-agent/engine/evaluator.h"

#include <utility>

namespace faasbatch::engine {

using cel::Value;
using workflow::Template;

namespace {

// The variable is not defined at this place: CEL says so, with the position.
const base::Error kUndefined{"Undefined", ""};

std::pair<Value, Value> entry(std::string key, Value value) {
  return {Value::string(std::move(key)), std::move(value)};
}

std::string fieldPath(const State& s, Place place, std::string_view what) {
  std::string path = place.step == kNone || s.steps[place.step].role == Role::kRun
                         ? "spec"
                         : s.node(s.steps[place.step]).path;
  path += '.';
  path += what;
  return path;
}

Value errorVariable(const RunError& error) {
  return Value::map({entry("type", Value::string(error.type)), entry("message", Value::string(error.message)),
                     entry("step", Value::string(error.step)),
                     entry("attempts", Value::integer(error.attempts))});
}

}  // namespace

class PlaceActivation final : public cel::Activation {
 public:
  PlaceActivation(const Evaluator& evaluator, Place place, const TemplateView& view)
      : evaluator_(evaluator), place_(place), view_(view) {}

  std::optional<Value> find(std::string_view variable) const override {
    auto value = evaluator_.variable(place_, view_, variable);
    if (value) return std::move(*value);
    if (value.error() != kUndefined) failure_ = std::move(value.error());
    return std::nullopt;
  }

  // Something a variable needs is not there: whatever the expression came to does not count.
  const std::optional<base::Error>& failure() const { return failure_; }

 private:
  const Evaluator& evaluator_;
  Place place_;
  const TemplateView& view_;
  mutable std::optional<base::Error> failure_;
};

const TemplateView& Evaluator::look(Place place, const Template& text) const {
  return s_.plans[s_.frames[place.frame].plan].look(text);
}

base::Result<Value> Evaluator::variable(Place place, const TemplateView& view, std::string_view name) const {
  if (name == "steps") return stepsVariable(place, view);
  if (name == "item") return itemVariable(place);
  if (name == "run") return runVariable();
  OutputPtr output;
  const bool until = place.step != kNone && s_.steps[place.step].phase == Phase::kUntil;
  const StepId loop = until ? place.step : enclosingLoop(s_, place);
  const StepId turn = until ? place.step : enclosingTurn(s_, place);
  if (name == "input") {
    auto found = input(place);
    if (!found) return std::unexpected(std::move(found.error()));
    output = std::move(*found);
  } else if (name == "index" && loop != kNone) {
    return Value::integer(until ? s_.steps[loop].active->turns->turn : s_.steps[loop].index);
  } else if (name == "last" && turn != kNone) {
    output = s_.steps[until ? turn : s_.steps[turn].container].active->turns->last;
  } else if (name == "output" && until) {
    output = s_.steps[turn].active->turns->output;
  } else if (const RunError* error = name == "error" ? handledError(s_, place) : nullptr) {
    return errorVariable(*error);
  } else {
    return std::unexpected(kUndefined);
  }
  const auto value = valueOf(output, blobs_);
  if (!value) return std::unexpected(value.error());
  return **value;
}

base::Result<Value> Evaluator::stepsVariable(Place place, const TemplateView& view) const {
  std::vector<std::pair<Value, Value>> steps;
  steps.reserve(view.steps.size());
  const PlanView& plan = s_.plans[s_.frames[place.frame].plan];
  for (const workflow::NodeIndex node : view.steps) {
    const Step* step = visibleStep(s_, place, node);
    if (!step) continue;
    const auto value = valueOf(step->output, blobs_);
    if (!value) return std::unexpected(value.error());
    steps.push_back(entry(plan.node(node).name, Value::map({entry("output", **value)})));
  }
  return Value::map(std::move(steps));
}

base::Result<Value> Evaluator::itemVariable(Place place) const {
  const StepId item = enclosingItem(s_, place);
  if (item == kNone) return std::unexpected(kUndefined);
  const auto list = items(s_.steps[item].container);
  if (!list) return std::unexpected(list.error());
  return (*list)->asList().at(s_.steps[item].index);
}

base::Result<Value> Evaluator::runVariable() const {
  constexpr std::int64_t kNanos = 1'000'000'000;
  const std::int64_t at = s_.createdAt.ns;
  const std::int64_t nanos = ((at % kNanos) + kNanos) % kNanos;
  return Value::map(
      {entry("id", Value::string(s_.accepted.id)),
       entry("createdAt", Value::timestamp((at - nanos) / kNanos, static_cast<std::int32_t>(nanos))),
       entry("attempt", Value::integer(1))});
}

base::Result<const Value*> Evaluator::items(StepId foreach) const {
  const Step& step = s_.steps[foreach];
  auto* items = step.active->items.get();
  if (items && items->values) return &*items->values;
  auto list = value(placeOf(s_, foreach), s_.node(step).foreach->items, "foreach.items");
  if (!list) return std::unexpected(std::move(list.error()));
  const auto fail = [&](const std::string& why) {
    return base::fail("ExpressionFailed", fieldPath(s_, placeOf(s_, foreach), "foreach.items") + ": " + why);
  };
  if (list->kind() != Value::Kind::kList)
    return fail("must be a list, is a " + std::string(list->kindName()));
  if (const std::size_t count = list->asList().size(); items && count != items->count) {
    return fail("has " + std::to_string(count) + " items when it is evaluated once more, and had " +
                std::to_string(items->count) + " when the foreach began");
  }
  if (list->memoryBytes(kMaxItemsBytes) >= kMaxItemsBytes)
    return fail("the items hold more than " + std::to_string(kMaxItemsBytes) + " bytes");
  if (!items) {
    step.active->items = std::make_unique<Items>();
    items = step.active->items.get();
  }
  items->values = std::move(*list);
  items->heldValues = hold(s_.ledger, *items->values);
  return &*items->values;
}

base::Result<OutputPtr> Evaluator::input(Place place) const {
  const Frame& frame = s_.frames[workflowFrame(s_, place)];
  if (!frame.live->hasInput) {
    auto text = callInput(frame.owner);
    if (!text) return std::unexpected(std::move(text.error()));
    frame.live->input = Output::of(inlineRef(std::move(*text)), s_.ledger);
    frame.live->hasInput = true;
  }
  return frame.live->input;
}

base::Result<base::Payload> Evaluator::callInput(StepId step) const {
  const Place place = placeOf(s_, step);
  const auto& text = s_.node(s_.steps[step]).input;
  if (text) return this->text(place, *text, "input");
  auto output = input(place);
  if (!output) return std::unexpected(std::move(output.error()));
  return textOf(*output, blobs_);
}

base::Result<std::optional<base::Payload>> Evaluator::whole(Place place, const Template& text) const {
  using enum TemplateView::Whole;
  const TemplateView& view = look(place, text);
  OutputPtr output;
  if (view.whole == kInput) {
    auto found = input(place);
    if (!found) return std::unexpected(std::move(found.error()));
    output = std::move(*found);
  } else if (view.whole == kStep) {
    const Step* step = visibleStep(s_, place, view.wholeStep);
    if (!step) return std::nullopt;  // evaluating says what is wrong
    output = step->output;
  } else if (view.whole == kLast && enclosingTurn(s_, place) != kNone) {
    output = s_.steps[s_.steps[enclosingTurn(s_, place)].container].active->turns->last;
  } else {
    return std::nullopt;
  }
  auto found = textOf(output, blobs_);
  if (!found) return std::unexpected(std::move(found.error()));
  return std::optional(std::move(*found));
}

base::Result<base::Payload> Evaluator::text(Place place, const Template& text, std::string_view what) const {
  auto bytes = whole(place, text);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (*bytes) return std::move(**bytes);
  const PlaceActivation activation(*this, place, look(place, text));
  auto rendered = text.render(activation);
  if (activation.failure()) return std::unexpected(*activation.failure());
  if (!rendered)
    return base::fail("ExpressionFailed", fieldPath(s_, place, what) + ": " + rendered.error().describe());
  return std::move(*rendered);
}

base::Result<Value> Evaluator::value(Place place, const Template& text, std::string_view what) const {
  const PlaceActivation activation(*this, place, look(place, text));
  auto value = text.evaluate(activation);
  if (activation.failure()) return std::unexpected(*activation.failure());
  if (!value)
    return base::fail("ExpressionFailed", fieldPath(s_, place, what) + ": " + value.error().describe());
  return std::move(*value);
}

base::Result<bool> Evaluator::condition(Place place, const Template& text, std::string_view what) const {
  const auto found = value(place, text, what);
  if (!found) return std::unexpected(found.error());
  if (found->kind() == Value::Kind::kBool) return found->asBool();
  return base::fail("ExpressionFailed", fieldPath(s_, place, what) + ": must be true or false, is a " +
                                            std::string(found->kindName()));
}

base::Result<std::string> Evaluator::plainText(Place place, const Template& text,
                                               std::string_view what) const {
  const auto found = value(place, text, what);
  if (!found) return std::unexpected(found.error());
  if (found->kind() == Value::Kind::kString) return found->asString();
  auto json = found->toJson();
  if (!json) return base::fail("ExpressionFailed", fieldPath(s_, place, what) + ": " + json.error().message);
  return json;
}

}  // namespace faasbatch::engine
