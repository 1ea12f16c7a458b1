// Cycles among the steps of one list, spelled out.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/workflow/compiling.h"

namespace faasbatch::workflow {
namespace {

enum class Mark : std::uint8_t { kNew, kOnPath, kDone };

// A depth-first walk along the edges. Each edge back to a step on the path closes one cycle; every cycle of
// the graph has such an edge, so a graph without a report has none.
class Walk {
 public:
  explicit Walk(Compiling& c) : c_(c), marks_(c.plan.nodes.size(), Mark::kNew) {}

  void from(NodeIndex start) {
    if (marks_[start] != Mark::kNew) return;
    enter(start);
    while (!path_.empty()) {
      Step& step = path_.back();
      const std::vector<NodeIndex>& successors = c_.plan.nodes[step.node].successors;
      if (step.next == successors.size()) {
        marks_[step.node] = Mark::kDone;
        path_.pop_back();
        continue;
      }
      const NodeIndex to = successors[step.next++];
      if (marks_[to] == Mark::kNew) {
        enter(to);
      } else if (marks_[to] == Mark::kOnPath) {
        report(to);
      }
    }
  }

 private:
  struct Step {
    NodeIndex node = 0;
    std::size_t next = 0;
  };

  void enter(NodeIndex node) {
    marks_[node] = Mark::kOnPath;
    path_.push_back({node});
  }

  // Begins with the step that is written first.
  void report(NodeIndex to) {
    if (c_.faults.full()) return c_.faults.add("", "");
    std::vector<NodeIndex> cycle;
    const auto begin = std::ranges::find(path_, to, &Step::node);
    std::transform(begin, path_.end(), std::back_inserter(cycle), [](const Step& step) { return step.node; });
    std::ranges::rotate(cycle, std::ranges::min_element(cycle));
    std::string text;
    for (const NodeIndex node : cycle) text += c_.plan.nodes[node].name + " -> ";
    text += c_.plan.nodes[cycle.front()].name;
    c_.faults.add(c_.plan.nodes[cycle.front()].path, "the steps wait for one another in a cycle: " + text);
  }

  Compiling& c_;
  std::vector<Mark> marks_;
  std::vector<Step> path_;
};

}  // namespace

void findCycles(Compiling& c) {
  Walk walk(c);
  for (const Node& node : c.plan.nodes) walk.from(node.index);
}

}  // namespace faasbatch::workflow
