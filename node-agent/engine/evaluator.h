// Evaluates the templates of a run's steps: what their variables mean at a place, and which stored outputs
// that takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node-agent/engine/scope.h"

namespace faasbatch::engine {

// The stored outputs that evaluating the step takes now (Trigger::needs), each once.
std::vector<StoreKey> needsOf(const State& s, StepId step);

// Error kinds are error types: "ExpressionFailed", "StoreUnavailable". Remembers in the run's state what was
// parsed, and what was lost in a recovery and has been found again.
class Evaluator {
 public:
  Evaluator(const State& s, const Blobs& blobs) : s_(s), blobs_(blobs) {}

  // `what` names the field for messages: "when".
  base::Result<cel::Value> value(Place place, const workflow::Template& text, std::string_view what) const;
  base::Result<bool> condition(Place place, const workflow::Template& text, std::string_view what) const;
  base::Result<base::Payload> text(Place place, const workflow::Template& text, std::string_view what) const;
  base::Result<std::string> plainText(Place place, const workflow::Template& text,
                                      std::string_view what) const;

  // The list of a foreach; remembered.
  base::Result<const cel::Value*> items(StepId foreach) const;
  base::Result<OutputPtr> input(Place place) const;          // of the workflow around the place
  base::Result<base::Payload> callInput(StepId step) const;  // of a function or sub-workflow step
  const Blobs& blobs() const { return blobs_; }

 private:
  friend class PlaceActivation;
  base::Result<std::optional<base::Payload>> whole(Place place, const workflow::Template& text) const;
  base::Result<cel::Value> variable(Place place, const TemplateView& view, std::string_view name) const;
  base::Result<cel::Value> stepsVariable(Place place, const TemplateView& view) const;
  base::Result<cel::Value> itemVariable(Place place) const;
  base::Result<cel::Value> runVariable() const;
  const TemplateView& look(Place place, const workflow::Template& text) const;

  const State& s_;
  const Blobs& blobs_;
};

}  // namespace faasbatch::engine
