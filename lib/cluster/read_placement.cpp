#include "lib/cluster/placement.h"
#include "lib/cluster/reader.h"
#include "lib/json/check.h"

namespace faasbatch::cluster {
namespace {

void readStep(Reader& reader, Placement& placement, std::vector<std::string>& nodes) {
  PlacedStep step;
  std::string store = "Node";
  std::string node;
  reader.text("step", step.step).number("group", step.group).text("node", node).text("store", store);
  reader.require(store == "Node" || store == "Cluster", "store must be Node or Cluster");
  step.store = store == "Cluster" ? OutputStore::kCluster : OutputStore::kNode;
  placement.steps.push_back(std::move(step));
  nodes.push_back(std::move(node));
}

base::Result<Placement> invalid(const std::string& why) {
  return base::fail("InvalidPlacement", "the placement in the status is not valid: " + why);
}

}  // namespace

base::Result<Placement> readPlacement(std::string_view status) {
  if (const auto checked = json::check(status); !checked) return invalid(checked.error().message);
  Placement placement;
  std::vector<std::string> nodes;  // as the steps name them
  Reader reader(status, "");
  if (reader.fault().empty() && !reader.has("placement")) {
    return base::fail("NotPlaced", "the workflow has not been placed yet");
  }
  reader.number("placementGeneration", placement.generation)
      .list("placement", kMaxPlacedSteps, [&](Reader& item) { readStep(item, placement, nodes); })
      .list("replicas", kMaxReplicas, [&](Reader& item) {
        item.texts("nodes", kMaxPlacedSteps, placement.replicas.emplace_back().nodes);
      });
  if (!reader.fault().empty()) return invalid(reader.fault());
  if (placement.steps.empty()) return base::fail("NotPlaced", "the workflow has not been placed yet");
  if (auto broken = brokenInvariant(placement); !broken.empty()) return invalid(broken);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] != placement.node(i)) {
      return invalid("placement[" + std::to_string(i) + "].node is not that of the first replica");
    }
  }
  return placement;
}

}  // namespace faasbatch::cluster
