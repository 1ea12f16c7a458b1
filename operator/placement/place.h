// Placement as a whole: from a workflow's demand and the nodes as they are to a cluster::Placement, or to why
// there is none. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/cluster/placement.h"
#include "operator/placement/demand.h"
#include "operator/placement/node.h"
#include "operator/placement/weights.h"

namespace faasbatch::placement {

// kGrouped: FaaSFlow's (grouping.h, packing.h). kRaw: a hash of the step's name over the nodes, for
// comparison.
enum class Mode : std::uint8_t { kGrouped, kRaw };

// A placement moves only for a critical path that is shorter by this part, and by this much: moving costs
// warm pods.
inline constexpr double kMoveGain = 0.2;
inline constexpr base::Duration kMoveTime = std::chrono::milliseconds(5);

inline constexpr std::uint64_t kLocalBytes = 64 << 20;  // of one run's outputs in a node's store

struct Task {
  const Demand& demand;
  std::span<const StepWeight> weights;  // of its steps
  std::span<const NodeFacts> nodes;     // with a ready agent; by name
  std::int64_t generation = 0;
  Mode mode = Mode::kGrouped;
  std::uint32_t replicas = 1;  // wanted; more than 1 are made as far as nodes and maxPods let
  std::uint64_t localBytes = kLocalBytes;
  const cluster::Placement* present = nullptr;  // may be of another generation; nullptr: none
};

struct Placed {
  cluster::Placement placement;
  std::vector<std::string> criticalPath;  // names of steps
  base::Duration criticalTime{0};         // along it, transfers between nodes included
};

// Deterministic. The same task with its own result as `present` gives the same placement. Error kinds:
// "NoAgents" (no node at all), "NoNodeFits" (the message names the function and its demand).
base::Result<Placed> place(const Task& task);

}  // namespace faasbatch::placement
