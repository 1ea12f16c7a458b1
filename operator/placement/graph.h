// The root list as a weighted graph, and its critical path.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/time.h"
#include "operator/placement/demand.h"
#include "operator/placement/weights.h"

namespace faasbatch::placement {

struct Edge {
  StepIndex from = 0;
  StepIndex to = 0;
  base::Duration weight{0};
};

// Steps that lie in one cycle are no graph: the compiler has refused them. Keeps no reference to what it is
// made of.
class Graph {
 public:
  Graph(const Demand& demand, std::span<const StepWeight> weights);

  std::size_t size() const { return times_.size(); }
  base::Duration time(StepIndex step) const { return times_[step]; }
  std::span<const Edge> edges() const { return edges_; }  // by `to`, then by `from`
  std::span<const Edge> edgesTo(StepIndex step) const {
    return std::span(edges_).subspan(first_[step], first_[step + 1] - first_[step]);
  }
  bool hasSuccessor(StepIndex step) const { return hasSuccessor_[step]; }

  // The longest path by the times of its steps and the weights of those of its edges whose ends `apart` says
  // are apart. Of paths of one length, the same one every time. O(steps + edges).
  struct Path {
    base::Duration length{0};
    std::vector<StepIndex> steps;      // in their order
    std::vector<std::uint32_t> edges;  // indexes into edges(), between them
  };
  template <class Apart>
  Path longest(const Apart& apart) const;

 private:
  std::vector<base::Duration> times_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> first_;  // of the edges to a step
  std::vector<bool> hasSuccessor_;
  std::vector<StepIndex> order_;  // each step after its predecessors
};

template <class Apart>
Graph::Path Graph::longest(const Apart& apart) const {
  constexpr std::uint32_t kNone = UINT32_MAX;
  std::vector<base::Duration> ends(size());
  std::vector<std::uint32_t> through(size(), kNone);
  Path path;
  if (order_.empty()) return path;
  StepIndex last = order_.front();
  for (const StepIndex step : order_) {
    base::Duration begin{0};
    for (std::uint32_t e = first_[step]; e < first_[step + 1]; ++e) {
      const Edge& edge = edges_[e];
      const base::Duration arrives =
          ends[edge.from] + (apart(edge.from, step) ? edge.weight : base::Duration(0));
      if (through[step] != kNone && arrives <= begin) continue;
      begin = arrives;
      through[step] = e;
    }
    ends[step] = begin + times_[step];
    if (ends[step] > ends[last]) last = step;
  }
  path.length = ends[last];
  path.steps.push_back(last);
  while (through[last] != kNone) {
    path.edges.push_back(through[last]);
    last = edges_[through[last]].from;
    path.steps.push_back(last);
  }
  std::reverse(path.steps.begin(), path.steps.end());
  std::reverse(path.edges.begin(), path.edges.end());
  return path;
}

}  // namespace faasbatch::placement
