// What holds for every placement, whatever the workflow and the cluster.
#include <gtest/gtest.h>

#include <set>

#include "operator/placement/place.h"
#include "operator/placement/testing.h"

namespace faasbatch::placement {
namespace {

std::vector<NodeFacts> randomNodes(std::mt19937& random) {
  std::vector<NodeFacts> nodes;
  for (std::size_t i = 0, n = 1 + random() % 6; i < n; ++i) {
    NodeFacts node = testing::node("n" + testing::number(i), random() % 24);
    node.used = random() % 8;
    node.committed = random() % 30;
    node.leaving = random() % 6 == 0;
    node.away = random() % 6 == 0;
    if (random() % 3 == 0) node.labels = {{"disk", "ssd"}};
    if (random() % 4 == 0) node.taints = {{"t", "", random() % 2 == 0 ? "NoSchedule" : "NoExecute"}};
    nodes.push_back(std::move(node));
  }
  return nodes;
}

void decorate(std::mt19937& random, Demand& demand) {
  for (FunctionDemand& function : demand.functions) {
    if (random() % 5 == 0) function.nodeSelector = {{"disk", "ssd"}};
    if (random() % 3 == 0) function.tolerations = {{.exists = true}};
  }
}

void check(const Task& task, const Placed& placed) {
  const cluster::Placement& placement = placed.placement;
  ASSERT_EQ(placement.steps.size(), task.demand.steps.size());
  ASSERT_GE(placement.replicas.size(), 1u);
  EXPECT_LE(placement.replicas.size(), std::max(task.replicas, 1U));
  std::set<std::uint32_t> groups;
  for (const auto& step : placement.steps) groups.insert(step.group);
  EXPECT_EQ(*groups.rbegin() + 1, groups.size());
  std::vector<std::set<std::string>> functionNodes(task.demand.functions.size());
  for (std::size_t r = 0; r < placement.replicas.size(); ++r) {
    ASSERT_EQ(placement.replicas[r].nodes.size(), groups.size());
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (std::size_t other = 0; other < r; ++other)
        EXPECT_NE(placement.replicas[r].nodes[g], placement.replicas[other].nodes[g]);
    }
    for (StepIndex i = 0; i < task.demand.steps.size(); ++i) {
      EXPECT_EQ(placement.steps[i].step, task.demand.steps[i].name);
      const auto node = std::ranges::find(task.nodes, placement.node(i, r), &NodeFacts::name);
      ASSERT_NE(node, task.nodes.end());
      for (const FunctionIndex f : task.demand.steps[i].functions) {
        EXPECT_EQ(refuses(*node, task.demand.functions[f], task.present != nullptr), Refusal::kNone);
        functionNodes[f].insert(node->name);
      }
    }
  }
  for (FunctionIndex f = 0; f < functionNodes.size(); ++f)
    EXPECT_LE(functionNodes[f].size(), task.demand.functions[f].maxPods);
  ASSERT_FALSE(placed.criticalPath.empty());
}

class PlaceProperty : public ::testing::TestWithParam<Mode> {};

TEST_P(PlaceProperty, HoldsForRandomWorkflowsOnRandomClusters) {
  std::mt19937 random(4);
  int placedOnes = 0;
  for (int round = 0; round < 1000; ++round) {
    Demand demand = testing::randomDemand(random, 1 + random() % 24, 1 + random() % 6);
    decorate(random, demand);
    const auto weights = testing::randomWeights(random, demand.steps.size());
    const auto nodes = randomNodes(random);
    Task task{.demand = demand,
              .weights = weights,
              .nodes = nodes,
              .mode = GetParam(),
              .replicas = static_cast<std::uint32_t>(1 + random() % 4),
              .localBytes = random() % (32 << 20)};
    const auto placed = place(task);
    if (!placed) {
      EXPECT_EQ(placed.error().kind, "NoNodeFits");
      EXPECT_FALSE(placed.error().message.empty());
      continue;
    }
    ++placedOnes;
    check(task, *placed);
    // Doing it again changes nothing: an idle cluster stands still.
    task.present = &placed->placement;
    const auto again = place(task);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->placement, placed->placement) << round;
    EXPECT_EQ(again->criticalPath, placed->criticalPath);
    // Nor does a node more, unless the path is much shorter.
    auto more = nodes;
    more.push_back(testing::node("z", 100));
    task.nodes = more;
    task.replicas = 1;
    const auto wider = place(task);
    ASSERT_TRUE(wider);
    check(task, *wider);
    const bool stayed = wider->placement.replicas[0] == placed->placement.replicas[0];
    const bool had = std::ranges::any_of(nodes, &NodeFacts::leaving);
    if (GetParam() == Mode::kRaw || stayed || had) continue;
    EXPECT_LT(wider->criticalTime.count(),
              (1 - kMoveGain) * static_cast<double>(placed->criticalTime.count()) + 1);
  }
  EXPECT_GT(placedOnes, 300);
}

INSTANTIATE_TEST_SUITE_P(Modes, PlaceProperty, ::testing::Values(Mode::kGrouped, Mode::kRaw),
                         [](const auto& info) { return info.param == Mode::kRaw ? "Raw" : "Grouped"; });

}  // namespace
}  // namespace faasbatch::placement
