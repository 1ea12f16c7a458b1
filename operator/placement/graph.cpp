#include "operator/placement/graph.h"

namespace faasbatch::placement {

Graph::Graph(const Demand& demand, std::span<const StepWeight> weights) : hasSuccessor_(demand.steps.size()) {
  const auto steps = static_cast<StepIndex>(demand.steps.size());
  std::vector<std::vector<StepIndex>> successors(steps);
  std::vector<std::size_t> waiting(steps);
  for (StepIndex step = 0; step < steps; ++step) {
    times_.push_back(weights[step].time);
    first_.push_back(static_cast<std::uint32_t>(edges_.size()));
    waiting[step] = demand.steps[step].predecessors.size();
    for (const StepIndex before : demand.steps[step].predecessors) {
      edges_.push_back({before, step, transferTime(weights[before].outputBytes)});
      successors[before].push_back(step);
      hasSuccessor_[before] = true;
    }
  }
  first_.push_back(static_cast<std::uint32_t>(edges_.size()));
  for (StepIndex step = 0; step < steps; ++step) {
    if (waiting[step] == 0) order_.push_back(step);
  }
  for (std::size_t next = 0; next < order_.size(); ++next) {
    for (const StepIndex after : successors[order_[next]]) {
      if (--waiting[after] == 0) order_.push_back(after);
    }
  }
}

}  // namespace faasbatch::placement
