// status.placement and status.replicas of a FunctionWorkflow: which node runs which step. Written by the
// operator, read by the agents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::cluster {

inline constexpr std::size_t kMaxReplicas = 64;
inline constexpr std::size_t kMaxPlacedSteps = 2000;

// Where a step's output goes when it is too large to travel inline.
enum class OutputStore { kNode, kCluster };

struct PlacedStep {
  std::string step;  // of the root list, in the order written
  std::uint32_t group = 0;
  OutputStore store = OutputStore::kNode;
  friend bool operator==(const PlacedStep&, const PlacedStep&) = default;
};

// The node of each group.
struct Replica {
  std::vector<std::string> nodes;
  friend bool operator==(const Replica&, const Replica&) = default;
};

// Invariants: every step of the root list once; groups are 0, 1, 2 ... without gap; every replica has a node
// for each group; at least one replica.
struct Placement {
  std::int64_t generation = 0;  // of the spec it was made for
  std::vector<PlacedStep> steps;
  std::vector<Replica> replicas;
  friend bool operator==(const Placement&, const Placement&) = default;

  const std::string& node(std::size_t step, std::size_t replica = 0) const {
    return replicas[replica].nodes[steps[step].group];
  }
  // Tells placements apart: hex, 16 digits. Goes into the agents' reports.
  std::string digest() const;
};

// The first invariant that does not hold, in words; empty where all do.
std::string brokenInvariant(const Placement& placement);

// Out of the object's status, given as JSON text: its members `placementGeneration`, `placement` and
// `replicas`. (The placement may be of an older generation than the one observed: what was valid keeps being
// served.) Kind "NotPlaced" where there is none yet, "InvalidPlacement", with the path, where it cannot be
// read or an invariant does not hold.
base::Result<Placement> readPlacement(std::string_view status);
// The members `placement` and `replicas` of the status, as JSON text: [{"step", "group", "node", "store"}]
// (node: of replica 0) and [{"nodes": [...]}]. Precondition: the invariants hold.
std::string placementJson(const Placement& placement);
std::string replicasJson(const Placement& placement);

}  // namespace faasbatch::cluster
