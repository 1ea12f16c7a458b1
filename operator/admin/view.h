// What the admin API shows, as JSON texts.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "operator/controllers/functionworkflow/controller.h"
#include "operator/inventory/inventory.h"

namespace faasbatch::admin {

// What there is to show, now. For the loop's thread, and for the time of one call.
struct View {
  std::function<void(const std::function<void(const controllers::WorkflowView&)>& visit)> forEachWorkflow;
  const inventory::Inventory& inventory;
  base::Instant now;
};

// {"items": [...]}: a line of each.
std::string workflowsJson(const View& view);
// The whole status of one; nothing where there is none.
std::optional<std::string> workflowJson(const View& view, const kube::ObjectKey& key);
// {"items": [...]}: by node, what is placed there.
std::string placementJson(const View& view);
// {"items": [...]}: the agents.
std::string nodesJson(const View& view);

}  // namespace faasbatch::admin
