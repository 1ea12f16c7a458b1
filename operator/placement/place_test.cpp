#include "operator/placement/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "operator/placement/testing.h"

namespace faasbatch::placement {
namespace {

using cluster::OutputStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Place : public ::testing::Test {
 protected:
  base::Result<Placed> place() {
    weights.resize(demand.steps.size());
    return placement::place({.demand = demand,
                             .weights = weights,
                             .nodes = nodes,
                             .generation = 1,
                             .mode = mode,
                             .replicas = replicas,
                             .localBytes = localBytes,
                             .present = present ? &*present : nullptr});
  }
  // The nodes of the steps in a replica; places anew on top of what is there.
  std::vector<std::string> nodesOf(std::size_t replica = 0) {
    auto placed = place();
    if (!placed) return {placed.error().kind + ": " + placed.error().message};
    present = placed->placement;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < demand.steps.size(); ++i) names.push_back(present->node(i, replica));
    return names;
  }
  // a -> b, a function each.
  void chain() {
    demand.functions = {testing::function("f"), testing::function("g")};
    demand.steps = {testing::step("a", {}, {0}), testing::step("b", {0}, {1})};
    demand.steps[1].answer = true;
  }

  Demand demand;
  std::vector<StepWeight> weights;
  std::vector<NodeFacts> nodes;
  Mode mode = Mode::kGrouped;
  std::uint32_t replicas = 1;
  std::uint64_t localBytes = kLocalBytes;
  std::optional<cluster::Placement> present;
};

TEST_F(Place, NothingWithoutAgents) {
  chain();
  EXPECT_THAT(nodesOf(), ElementsAre("NoAgents: no node has an agent that is ready"));
}

TEST_F(Place, BestFitTakesTheNodeWithTheLeastRoomThatIsEnough) {
  chain();
  nodes = {testing::node("big", 100), testing::node("fits", 2), testing::node("small", 1)};
  EXPECT_THAT(nodesOf(), ElementsAre("fits", "fits"));
}

TEST_F(Place, UsedAndCommittedScaleIsNotFree) {
  chain();
  nodes = {testing::node("a", 10), testing::node("b", 20)};
  nodes[0].committed = 9;
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
  present.reset();
  nodes[1].used = 19;  // pods that are there: b has no room for both, and a only if others do not come
  EXPECT_THAT(nodesOf(), ElementsAre("a", "a"));
  present.reset();
  nodes[0].used = 9;  // neither has room for both: each takes one
  EXPECT_THAT(nodesOf(), UnorderedElementsAre("a", "b"));
}

TEST_F(Place, WhereNothingIsFreeTheEmptiestNodeTakesItAllTheSame) {
  chain();
  nodes = {testing::node("a", 10), testing::node("b", 10), testing::node("c", 10)};
  nodes[0].committed = 30;
  nodes[1].committed = 20;
  nodes[2].committed = 25;
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
}

TEST_F(Place, NamesTheFunctionAndTheDemandThatNoNodeMeets) {
  chain();
  demand.functions[1].nodeSelector = {{"disk", "ssd"}};
  nodes = {testing::node("a"), testing::node("b")};
  EXPECT_THAT(
      nodesOf(),
      ElementsAre(
          R"(NoNodeFits: function "g": no node has the label disk=ssd that its nodeSelector asks for)"));
}

TEST_F(Place, NamesTheStepWhoseFunctionsHaveNoNodeInCommon) {
  chain();
  demand.steps[0].functions = {0, 1};
  demand.functions[0].nodeSelector = {{"n", "a"}};
  demand.functions[1].nodeSelector = {{"n", "b"}};
  nodes = {testing::node("a"), testing::node("b")};
  nodes[0].labels = {{"n", "a"}};
  nodes[1].labels = {{"n", "b"}};
  EXPECT_THAT(
      nodesOf(),
      ElementsAre(
          R"(NoNodeFits: step "a": no node may run all its functions ("f", "g"): put them into steps of their own)"));
}

TEST_F(Place, NamesTheFunctionWhoseOnlyPodWouldHaveToBeOnTwoNodes) {
  chain();
  demand.functions.push_back(testing::function("only", 1, 1));
  demand.steps[0].functions = {0, 2};
  demand.steps[1].functions = {1, 2};
  demand.functions[0].nodeSelector = {{"n", "a"}};
  demand.functions[1].nodeSelector = {{"n", "b"}};
  nodes = {testing::node("a"), testing::node("b")};
  nodes[0].labels = {{"n", "a"}};
  nodes[1].labels = {{"n", "b"}};
  EXPECT_THAT(
      nodesOf(),
      ElementsAre(
          R"(NoNodeFits: no node may run all the functions of the steps "a", "b", and they cannot be apart: function "only" has pool.maxPods 1)"));
}

TEST_F(Place, DifferentDemandsSplitAWorkflow) {
  chain();
  demand.functions[1].nodeSelector = {{"disk", "ssd"}};
  nodes = {testing::node("a", 2), testing::node("b", 100)};
  nodes[1].labels = {{"disk", "ssd"}};
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));  // one node does for both
  demand.functions[0].nodeSelector = {{"disk", "hdd"}};
  nodes[0].labels = {{"disk", "hdd"}};
  EXPECT_THAT(nodesOf(), ElementsAre("a", "b"));
}

TEST_F(Place, StaysThoughAnotherNodeIsABetterFit) {
  chain();
  nodes = {testing::node("b", 10)};
  nodesOf();
  nodes.insert(nodes.begin(), testing::node("a", 2));
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
}

TEST_F(Place, StaysOnATaintThatOnlyKeepsNewPodsAway) {
  chain();
  nodes = {testing::node("a"), testing::node("b")};
  ASSERT_THAT(nodesOf(), ElementsAre("a", "a"));
  nodes[0].taints = {{"node.kubernetes.io/memory-pressure", "", "NoSchedule"}};
  EXPECT_THAT(nodesOf(), ElementsAre("a", "a"));
  nodes[0].taints[0].effect = "NoExecute";
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
}

TEST_F(Place, LeavesALostNodeAndACordonedOne) {
  chain();
  nodes = {testing::node("a"), testing::node("b"), testing::node("c")};
  ASSERT_THAT(nodesOf(), ElementsAre("a", "a"));
  nodes.erase(nodes.begin());
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
  nodes[0].leaving = true;
  EXPECT_THAT(nodesOf(), ElementsAre("c", "c"));
  nodes[1].leaving = true;  // nowhere else to go
  EXPECT_THAT(nodesOf(), ElementsAre("c", "c"));
}

TEST_F(Place, StaysWhereTheAgentMayBeBackButSendsNothingNewThere) {
  chain();
  nodes = {testing::node("a"), testing::node("b")};
  nodes[0].away = true;
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
  nodes[0].away = false;
  nodes[1].away = true;
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
  replicas = 2;
  nodesOf();
  EXPECT_EQ(present->replicas.size(), 2u);
  nodes.push_back(testing::node("c"));
  nodes[2].away = true;
  replicas = 3;
  nodesOf();
  EXPECT_EQ(present->replicas.size(), 2u);
}

TEST_F(Place, MovesForAMuchShorterCriticalPathOnly) {
  chain();
  nodes = {testing::node("a", 1), testing::node("b", 1)};
  weights = {{.outputBytes = 100'000}, {}};
  ASSERT_THAT(nodesOf(), UnorderedElementsAre("a", "b"));
  nodes[1].scale = 2;  // together they would save two milliseconds of 22
  EXPECT_THAT(nodesOf(), UnorderedElementsAre("a", "b"));
  weights[0].outputBytes = 2'000'000;  // now 21 of 41
  EXPECT_THAT(nodesOf(), ElementsAre("b", "b"));
}

TEST_F(Place, AStepMoreStaysWithTheOthers) {
  chain();
  nodes = {testing::node("a"), testing::node("b")};
  nodes[0].used = 5;
  ASSERT_THAT(nodesOf(), ElementsAre("a", "a"));
  nodes[0].used = 0;
  nodes[1].used = 5;
  demand.steps.push_back(testing::step("c", {1}, {0}));
  EXPECT_THAT(nodesOf(), ElementsAre("a", "a", "a"));
}

TEST_F(Place, ReplicasAreOnOtherNodesAsFarAsThereAreAnyAndMaxPodsLets) {
  chain();
  nodes = {testing::node("a"), testing::node("b"), testing::node("c")};
  replicas = 2;
  EXPECT_THAT(nodesOf(0), ElementsAre("a", "a"));
  EXPECT_THAT(nodesOf(1), ElementsAre("b", "b"));
  replicas = 9;
  nodesOf();
  EXPECT_EQ(present->replicas.size(), 3u);
  demand.functions[0].maxPods = 2;
  nodesOf();
  EXPECT_EQ(present->replicas.size(), 2u);
  replicas = 1;
  EXPECT_THAT(nodesOf(), ElementsAre("a", "a"));
  EXPECT_EQ(present->replicas.size(), 1u);
}

TEST_F(Place, ALostNodeTakesOnlyItsReplicaAlong) {
  chain();
  nodes = {testing::node("a"), testing::node("b"), testing::node("c"), testing::node("d")};
  replicas = 3;
  nodesOf();
  nodes.erase(nodes.begin() + 1);
  nodesOf();
  ASSERT_EQ(present->replicas.size(), 3u);
  EXPECT_EQ(present->replicas[0].nodes[0], "a");
  EXPECT_EQ(present->replicas[1].nodes[0], "c");
  EXPECT_EQ(present->replicas[2].nodes[0], "d");
}

TEST_F(Place, RawIsAHashOverTheNodes) {
  mode = Mode::kRaw;
  demand.functions = {testing::function("f", 1, 10)};
  for (int i = 0; i < 30; ++i) demand.steps.push_back(testing::step("s" + std::to_string(i), {}, {0}));
  nodes = {testing::node("a"), testing::node("b"), testing::node("c")};
  const auto first = nodesOf();
  for (const char* name : {"a", "b", "c"}) EXPECT_GT(std::ranges::count(first, name), 3) << name;
  EXPECT_EQ(first, nodesOf());
  demand.functions[0].maxPods = 2;  // its pods are on two nodes at most
  const auto few = nodesOf();
  EXPECT_EQ(std::set<std::string>(few.begin(), few.end()).size(), 2u);
}

TEST_F(Place, OutputsGoToTheNodeWhereEveryReaderIsThere) {
  demand.functions = {testing::function("f", 2), testing::function("g", 2)};
  demand.steps = {testing::step("a", {}, {0}), testing::step("b", {0}, {0}), testing::step("c", {1}, {1})};
  demand.steps[2].answer = true;
  nodes = {testing::node("x", 4), testing::node("y", 2)};
  const auto stores = [&] {
    nodesOf();
    std::vector<OutputStore> all;
    for (const auto& step : present->steps) all.push_back(step.store);
    return all;
  };
  EXPECT_THAT(stores(), ElementsAre(OutputStore::kNode, OutputStore::kNode, OutputStore::kNode));
  nodes[0].scale = 2;
  present.reset();
  // c is elsewhere: it reads b's; its own is read by whoever is the run's home.
  EXPECT_THAT(stores(), ElementsAre(OutputStore::kNode, OutputStore::kCluster, OutputStore::kCluster));
  localBytes = kAssumedOutputBytes - 1;
  EXPECT_THAT(stores(), ElementsAre(OutputStore::kCluster, OutputStore::kCluster, OutputStore::kCluster));
}

TEST_F(Place, TellsTheCriticalPath) {
  chain();
  demand.steps.push_back(testing::step("c", {0}, {1}));
  weights = {{.time = std::chrono::milliseconds(1)},
             {.time = std::chrono::milliseconds(2)},
             {.time = std::chrono::milliseconds(3)}};
  nodes = {testing::node("a")};
  const auto placed = place();
  ASSERT_TRUE(placed);
  EXPECT_THAT(placed->criticalPath, ElementsAre("a", "c"));
  EXPECT_EQ(placed->criticalTime, std::chrono::milliseconds(4));
}

}  // namespace
}  // namespace faasbatch::placement
