#include "node-agent/engine/measure.h"

#include "node-agent/engine/receipt.h"

namespace faasbatch::engine {

std::uint64_t bytesOf(const OutputPtr& output) {
  constexpr std::uint64_t kNull = 4;
  if (!output) return kNull;
  if (!output->isList()) return output->ref().size;
  std::uint64_t bytes = 2;  // brackets
  for (const OutputPtr& item : output->items()) bytes += bytesOf(item) + 1;
  return output->items().empty() ? bytes : bytes - 1;
}

std::vector<StepMeasured> measured(const Run& run) {
  const State& s = run.state();
  std::vector<StepMeasured> all;
  if (s.accepted.function || s.rootBytes.empty()) return all;
  const PlanView& view = s.plans[0];
  for (StepId id = 0; id < s.steps.size(); ++id) {
    const Step& step = s.steps[id];
    if (step.role != Role::kStep || step.frame != kRootFrame || step.status != StepStatus::kSucceeded)
      continue;
    const std::uint32_t position = view.position(step.node);
    const bool remote = s.shared() && !s.ownership->mine(position);
    all.push_back({.name = view.node(step.node).name,
                   .time = remote ? s.roots[position].receipt.exec : stepReceipt(s, id).exec,
                   .outputBytes = s.rootBytes[position]});
  }
  return all;
}

}  // namespace faasbatch::engine
