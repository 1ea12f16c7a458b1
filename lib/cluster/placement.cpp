#include "lib/cluster/placement.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/json/write.h"

namespace faasbatch::cluster {
namespace {

std::string_view storeName(OutputStore store) { return store == OutputStore::kNode ? "Node" : "Cluster"; }

std::string brokenSteps(const std::vector<PlacedStep>& steps, std::size_t& groups) {
  if (steps.empty()) return "there are no steps";
  if (steps.size() > kMaxPlacedSteps)
    return "there are more than " + std::to_string(kMaxPlacedSteps) + " steps";
  std::set<std::string_view> names;
  std::set<std::uint32_t> used;
  for (const PlacedStep& step : steps) {
    if (step.step.empty()) return "a step has no name";
    if (!names.insert(step.step).second) return "the step " + json::quoted(step.step) + " is placed twice";
    used.insert(step.group);
  }
  groups = *used.rbegin() + std::size_t{1};
  return used.size() == groups ? "" : "the groups are not 0, 1, 2 ... without gap";
}

std::string brokenReplica(const Replica& replica, std::size_t groups) {
  if (replica.nodes.size() != groups) {
    return "a replica has " + std::to_string(replica.nodes.size()) + " nodes for " + std::to_string(groups) +
           " groups";
  }
  return std::ranges::find(replica.nodes, "") != replica.nodes.end() ? "a replica has a node without a name"
                                                                     : "";
}

}  // namespace

std::string brokenInvariant(const Placement& placement) {
  std::size_t groups = 0;
  if (auto broken = brokenSteps(placement.steps, groups); !broken.empty()) return broken;
  if (placement.replicas.empty()) return "there is no replica";
  if (placement.replicas.size() > kMaxReplicas) {
    return "there are more than " + std::to_string(kMaxReplicas) + " replicas";
  }
  for (const Replica& replica : placement.replicas) {
    if (auto broken = brokenReplica(replica, groups); !broken.empty()) return broken;
  }
  return placement.generation < 0 ? "the generation is negative" : "";
}

std::string Placement::digest() const {
  constexpr std::size_t kDigits = 16;
  const std::string text = std::to_string(generation) + placementJson(*this) + replicasJson(*this);
  return crypto::sha256Hex(text).substr(0, kDigits);
}

std::string placementJson(const Placement& placement) {
  std::string out = "[";
  for (std::size_t i = 0; i < placement.steps.size(); ++i) {
    const PlacedStep& step = placement.steps[i];
    if (i > 0) out += ',';
    json::Object(out)
        .text("step", step.step)
        .number("group", step.group)
        .text("node", placement.node(i))
        .text("store", storeName(step.store))
        .end();
  }
  return out + "]";
}

std::string replicasJson(const Placement& placement) {
  std::string out;
  json::appendList(out, placement.replicas, [](std::string& to, const Replica& replica) {
    json::Object object(to);
    json::appendTexts(object.key("nodes"), replica.nodes);
    object.end();
  });
  return out;
}

}  // namespace faasbatch::cluster
