#include "operator/placement/grouping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "operator/placement/testing.h"

namespace faasbatch::placement {
namespace {

using ::testing::ElementsAre;

GroupingLimits limits(std::size_t functions, std::vector<std::uint32_t> freeScale,
                      std::uint64_t bytes = 1 << 30) {
  return {.allowed = std::vector<NodeSet>(functions, NodeSet(freeScale.size(), true)),
          .freeScale = freeScale,
          .localBytes = bytes};
}

Grouping group(const Demand& demand, const std::vector<StepWeight>& weights, const GroupingLimits& limits) {
  return groupSteps(demand, Graph(demand, weights), limits, weights);
}

// a -> b -> d and a -> c -> d, a function each.
Demand diamond() {
  Demand demand;
  for (const char* name : {"a", "b", "c", "d"}) demand.functions.push_back(testing::function(name));
  demand.steps = {testing::step("a", {}, {0}), testing::step("b", {0}, {1}), testing::step("c", {0}, {2}),
                  testing::step("d", {1, 2}, {3})};
  return demand;
}

constexpr std::uint64_t kMegabyte = 1'000'000;

std::vector<StepWeight> bytes(std::vector<std::uint64_t> outputs) {
  std::vector<StepWeight> weights;
  for (const std::uint64_t output : outputs) weights.push_back({.outputBytes = output});
  return weights;
}

TEST(Grouping, WhatFitsOneNodeIsOneGroup) {
  const Demand demand = diamond();
  EXPECT_THAT(group(demand, testing::weights(demand), limits(4, {4})).groupOf, ElementsAre(0, 0, 0, 0));
}

TEST(Grouping, TheHeaviestEdgeOfTheCriticalPathGoesFirst) {
  // Over c: 1 + 9 MB. Nodes take two functions: c and d are joined; then a -> b (a hands both the same
  // megabyte).
  const Demand demand = diamond();
  EXPECT_THAT(group(demand, bytes({kMegabyte, kMegabyte, 9 * kMegabyte, 0}), limits(4, {2, 2})).groupOf,
              ElementsAre(0, 0, 1, 1));
  // Over b it is b and d.
  EXPECT_THAT(group(demand, bytes({kMegabyte, 9 * kMegabyte, kMegabyte, 0}), limits(4, {2, 2})).groupOf,
              ElementsAre(0, 1, 0, 1));
}

TEST(Grouping, StopsAtTheMemoryForLocalOutputs) {
  const Demand demand = diamond();
  const auto weights = bytes({kMegabyte, kMegabyte, 9 * kMegabyte, 0});
  EXPECT_THAT(group(demand, weights, limits(4, {4}, 11 * kMegabyte)).groupOf, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(group(demand, weights, limits(4, {4}, 10 * kMegabyte)).groupOf, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(group(demand, weights, limits(4, {4}, 8 * kMegabyte)).groupOf, ElementsAre(0, 0, 1, 0));
}

TEST(Grouping, AGroupNeedsANodeThatAllItsFunctionsMayUse) {
  const Demand demand = diamond();
  GroupingLimits two = limits(4, {9, 9});
  two.allowed[2].remove(0);  // c only on node 1
  two.allowed[3].remove(1);  // d only on node 0
  const Grouping grouping = group(demand, bytes({kMegabyte, kMegabyte, 9 * kMegabyte, 0}), two);
  EXPECT_NE(grouping.groupOf[2], grouping.groupOf[3]);
  EXPECT_EQ(grouping.groups, 2u);
}

TEST(Grouping, AFunctionOfOnePodIsInOneGroupWhateverItsScale) {
  Demand demand = diamond();
  demand.functions[0].maxPods = 1;
  demand.steps[3].functions = {0, 3};
  const Grouping grouping = group(demand, testing::weights(demand), limits(4, {1, 1, 1}));
  EXPECT_EQ(grouping.groupOf[0], grouping.groupOf[3]);
  EXPECT_EQ(grouping.groups, 3u);
}

TEST(Grouping, AFunctionCountsOnceInAGroup) {
  Demand demand{.functions = {testing::function("f", 3)}};
  demand.steps = {testing::step("a", {}, {0}), testing::step("b", {0}, {0}), testing::step("c", {1}, {0})};
  EXPECT_EQ(group(demand, testing::weights(demand), limits(1, {3})).groups, 1u);
}

TEST(Grouping, OfRandomWorkflowsKeepsItsInvariants) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const Demand demand = testing::randomDemand(random, 1 + random() % 40, 1 + random() % 8);
    const auto weights = testing::randomWeights(random, demand.steps.size());
    GroupingLimits some = limits(demand.functions.size(), {}, random() % (64 << 20));
    for (std::size_t n = 1 + random() % 5; n > 0; --n) some.freeScale.push_back(random() % 20);
    some.allowed.assign(demand.functions.size(), NodeSet(some.freeScale.size(), true));
    for (NodeSet& allowed : some.allowed) {
      if (random() % 3 == 0) allowed.remove(random() % some.freeScale.size());
    }
    const Graph graph(demand, weights);
    const Grouping grouping = groupSteps(demand, graph, some, weights);
    ASSERT_EQ(grouping.groupOf.size(), demand.steps.size());
    EXPECT_EQ(grouping.groupOf, group(demand, weights, some).groupOf);

    std::uint32_t seen = 0;  // numbered in the order of their first steps
    std::vector<std::vector<StepIndex>> members(grouping.groups);
    for (StepIndex i = 0; i < demand.steps.size(); ++i) {
      ASSERT_LE(grouping.groupOf[i], seen);
      if (grouping.groupOf[i] == seen) ++seen;
      members[grouping.groupOf[i]].push_back(i);
    }
    EXPECT_EQ(seen, grouping.groups);

    std::map<FunctionIndex, std::uint32_t> single;
    for (const auto& steps : members) {
      std::vector<bool> uses(demand.functions.size());
      std::uint64_t scale = 0;
      std::uint64_t kept = 0;
      bool forced = false;
      NodeSet nodes(some.freeScale.size(), true);
      for (const StepIndex step : steps) {
        if (graph.hasSuccessor(step)) kept += weights[step].outputBytes;
        for (const FunctionIndex f : demand.steps[step].functions) {
          forced = forced || demand.functions[f].maxPods == 1;
          if (!uses[f]) scale += demand.functions[f].scale;
          uses[f] = true;
          nodes &= some.allowed[f];
          if (demand.functions[f].maxPods == 1) {
            EXPECT_EQ(single.try_emplace(f, grouping.groupOf[step]).first->second, grouping.groupOf[step]);
          }
        }
      }
      if (steps.size() == 1 || forced) continue;
      bool fits = false;
      for (std::size_t n = 0; n < some.freeScale.size(); ++n)
        fits = fits || (nodes.contains(n) && some.freeScale[n] >= scale);
      EXPECT_TRUE(fits);
      EXPECT_LE(kept, some.localBytes);
    }
  }
}

// Joining edge by edge ends where joining all at once does, when all fits: the short way is no other way.
TEST(Grouping, MoreRoomNeverMeansMoreGroups) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    const Demand demand = testing::randomDemand(random, 1 + random() % 30, 4);
    const auto weights = testing::randomWeights(random, demand.steps.size());
    std::uint64_t all = 0;
    for (const FunctionDemand& f : demand.functions) all += f.scale;
    const auto wide = group(demand, weights, limits(4, {static_cast<std::uint32_t>(all)}, UINT64_MAX));
    const auto narrow = group(demand, weights, limits(4, {static_cast<std::uint32_t>(all) - 1}, UINT64_MAX));
    EXPECT_LE(wide.groups, narrow.groups);
    for (StepIndex i = 0; i < demand.steps.size(); ++i) {
      for (const StepIndex before : demand.steps[i].predecessors)
        EXPECT_EQ(wide.groupOf[i], wide.groupOf[before]);
    }
  }
}

}  // namespace
}  // namespace faasbatch::placement
