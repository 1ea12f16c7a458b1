// What a step sees: walks from a step outwards to what encloses it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node-agent/engine/state.h"

namespace faasbatch::engine {

// A place expressions are evaluated at: a step in its frame, or the frame itself (step kNone).
struct Place {
  FrameId frame = kNone;
  StepId step = kNone;
};

Place placeOf(const State& s, StepId step);

// The step that holds a frame, as a place; nothing at the border of a workflow.
std::optional<Place> outwards(const State& s, Place place);

// The nearest item, turn, or either, within the workflow; kNone where there is none.
StepId enclosingItem(const State& s, Place place);
StepId enclosingTurn(const State& s, Place place);
StepId enclosingLoop(const State& s, Place place);

FrameId workflowFrame(const State& s, Place place);

// The error being handled; nullptr outside of a catch.
const RunError* handledError(const State& s, Place place);

// The ended step instance of `node` that the place sees, if any.
const Step* visibleStep(const State& s, Place place, workflow::NodeIndex node);

// Of foreach and repeat, outermost first, through sub-workflows.
std::vector<std::uint32_t> indexPath(const State& s, StepId step);

// The name users gave the step; empty for the run.
const std::string& stepName(const State& s, StepId step);

// Sub-workflows around the step; 0 in the run's own.
int workflowDepth(const State& s, StepId step);

// Decision::round of the evaluation the step waits for: the same in a replay.
std::uint32_t evaluationRound(const Step& step);

bool doesWork(const State& s, const Step& step);  // function, group ...: not a mere holder of items or turns
bool makesCalls(const State& s, const Step& step);

}  // namespace faasbatch::engine
