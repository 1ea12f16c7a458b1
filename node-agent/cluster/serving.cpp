#include "node-agent/cluster/serving.h"

namespace faasbatch::clusterview {

ServingStep decideServing(const std::optional<KnownWorkflow>& known,
                          const std::optional<ServedWorkflow>& served, bool wanted) {
  if (!known) return served ? ServingStep::kLetGo : ServingStep::kNothing;
  if (!known->here && !wanted) return served ? ServingStep::kLetGo : ServingStep::kNothing;
  if (!known->placed) return ServingStep::kNothing;
  if (served && served->generation == known->generation && served->sources == known->sources) {
    return served->placement == known->placement ? ServingStep::kNothing : ServingStep::kMove;
  }
  if (known->specIsPlaced) return ServingStep::kServe;
  return served ? ServingStep::kNothing : ServingStep::kOutOfReach;
}

}  // namespace faasbatch::clusterview
