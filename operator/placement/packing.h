// Which node takes which group: FaaSFlow's best fit by free scale, sticky to where the steps are now.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "operator/placement/demand.h"
#include "operator/placement/grouping.h"
#include "operator/placement/node.h"
#include "operator/placement/node_set.h"

namespace faasbatch::placement {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = UINT32_MAX;

// Of each function: the nodes that may run it. Those of `present`, of each function, run it already (node.h).
std::vector<NodeSet> allowedNodes(std::span<const NodeFacts> nodes, const Demand& demand,
                                  std::span<const NodeSet> present);

// Packs replica after replica of one workflow. Invariants, whatever is packed:
//  1. A group is only on nodes that may run all its functions.
//  2. A function is on at most maxPods nodes, over all groups and replicas: each of them can have a pod of
//  it.
//  3. Two replicas have no node in common for one group.
class Packing {
 public:
  Packing(const Demand& demand, const Grouping& grouping, std::span<const NodeFacts> nodes,
          std::span<const NodeSet> allowed);

  // The node of each group for the first replica. A group stays where `present` (of each group; kNoNode:
  // nowhere) says, unless that node is leaving or is too full while another is not; otherwise it goes to the
  // node that it leaves the least free scale on; where it fits none, to the one with most. Nothing where a
  // group has no node left: `failed()` is the group.
  std::optional<std::vector<NodeIndex>> first(std::span<const NodeIndex> present);
  // The same for a replica more; it takes no node that is leaving or away.
  std::optional<std::vector<NodeIndex>> another();
  std::uint32_t failed() const { return failed_; }

  // Takes a replica as it is, if the invariants let it and no node of it is leaving.
  bool keep(std::span<const NodeIndex> nodes);

 private:
  struct Group {
    std::vector<FunctionIndex> functions;
    NodeSet allowed;
    std::int64_t scale = 0;
    std::vector<NodeIndex> nodes;  // of the replicas packed
  };
  bool may(const Group& group, NodeIndex node) const;
  NodeIndex choose(const Group& group, NodeIndex present) const;
  std::optional<std::vector<NodeIndex>> pack(std::span<const NodeIndex> present, bool fitOnly);
  void put(Group& group, NodeIndex node);
  void undo(std::span<const std::uint32_t> groups);

  const Demand& demand_;
  std::span<const NodeFacts> nodes_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> order_;  // of groups: the largest scale first
  std::vector<std::int64_t> free_;    // of nodes
  // Of functions: the nodes they are on, each with how many groups and replicas are why.
  std::vector<std::vector<std::pair<NodeIndex, std::uint32_t>>> functionNodes_;
  std::uint32_t failed_ = 0;
};

}  // namespace faasbatch::placement
