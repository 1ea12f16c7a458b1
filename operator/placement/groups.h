// Groups while they are joined: a union-find over steps that knows what each group asks of a node.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "operator/placement/grouping.h"

namespace faasbatch::placement {

class Groups {
 public:
  Groups(const Demand& demand, const Graph& graph, const GroupingLimits& limits,
         std::span<const StepWeight> weights);

  std::uint32_t find(StepIndex step) const;
  bool together(StepIndex a, StepIndex b) const { return find(a) == find(b); }
  // Joins their groups where that fits a node; whether it did. What did not fit once never will: groups only
  // grow.
  bool join(StepIndex a, StepIndex b);
  // Joins them anyway.
  void force(StepIndex a, StepIndex b);

  Grouping result() const;

 private:
  struct Group {
    std::vector<FunctionIndex> functions;  // ascending
    NodeSet allowed;
    std::uint64_t scale = 0;
    std::uint64_t bytes = 0;
  };
  Group merged(const Group& a, const Group& b) const;
  bool fits(const Group& group) const;
  void link(std::uint32_t a, std::uint32_t b, Group merged);

  const Demand& demand_;
  const GroupingLimits& limits_;
  std::vector<std::size_t> nodes_;  // by their free scale, the largest first
  mutable std::vector<StepIndex> parent_;
  std::vector<std::uint32_t> size_;
  std::vector<Group> groups_;  // of roots
};

}  // namespace faasbatch::placement
