#include "operator/manager/operator_metrics.h"

#include <string>

namespace faasbatch::manager {

using inventory::AgentState;

OperatorMetrics::OperatorMetrics(telemetry::Registry& registry)
    : leading_(registry.gauge("faasbatch_operator_leading", "1: this operator leads.")),
      requests_(registry.counter("faasbatch_kube_requests_total",
                                 "Requests to the API server, watches included.")) {
  for (const AgentState state :
       {AgentState::kUnknown, AgentState::kReady, AgentState::kAway, AgentState::kLost})
    agents_[state] =
        &registry.gauge("faasbatch_agents", "Agents by state; 0 where this operator does not lead.",
                        {{"state", std::string(inventory::name(state))}});
}

void OperatorMetrics::update(bool leading, std::uint64_t requests, const inventory::Inventory* inventory) {
  leading_.set(leading ? 1 : 0);
  requests_.add(requests - requests_.value());
  for (const auto& [state, gauge] : agents_) gauge->set(0);
  if (inventory == nullptr) return;
  for (const auto& [node, agent] : inventory->agents()) agents_.at(agent.state)->add(1);
}

}  // namespace faasbatch::manager
