#include "operator/placement/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "operator/placement/testing.h"

namespace faasbatch::placement {
namespace {

using ::testing::ElementsAre;

StepWeight weight(int milliseconds, std::uint64_t bytes = 0) {
  return {.time = std::chrono::milliseconds(milliseconds), .outputBytes = bytes};
}

const auto kApart = [](StepIndex, StepIndex) { return true; };

TEST(Graph, LongestPathCountsStepsAndTheEdgesThatAreApart) {
  // 3 is written first and comes last: 1 -> 0 and 1 -> 2 -> 0.
  const Demand demand{
      .steps = {testing::step("z", {1, 2}, {}), testing::step("a", {}, {}), testing::step("b", {1}, {})}};
  const std::vector<StepWeight> weights{weight(5), weight(10, 1'000'000), weight(7)};
  const Graph graph(demand, weights);
  const Graph::Path path = graph.longest(kApart);
  EXPECT_THAT(path.steps, ElementsAre(1, 2, 0));
  EXPECT_EQ(path.length, std::chrono::milliseconds(5 + 10 + 7 + 11 + 1));  // 1 MB: 10 ms and a hop
  EXPECT_EQ(graph.longest([](StepIndex, StepIndex) { return false; }).length, std::chrono::milliseconds(22));
}

TEST(Graph, OfNothing) {
  const Graph graph(Demand{}, {});
  EXPECT_EQ(graph.longest(kApart).length, base::Duration(0));
  EXPECT_TRUE(graph.longest(kApart).steps.empty());
}

TEST(Graph, LongestPathIsThatOfAllPaths) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const Demand demand = testing::randomDemand(random, 1 + random() % 12, 3);
    const auto weights = testing::randomWeights(random, demand.steps.size());
    const std::uint32_t salt = random();
    const auto apart = [&](StepIndex a, StepIndex b) { return ((a * 31 + b) ^ salt) % 2 == 0; };
    std::function<base::Duration(StepIndex)> to = [&](StepIndex step) {
      base::Duration most{0};
      for (const StepIndex before : demand.steps[step].predecessors) {
        const auto edge = apart(before, step) ? transferTime(weights[before].outputBytes) : base::Duration(0);
        most = std::max(most, to(before) + edge);
      }
      return most + weights[step].time;
    };
    base::Duration most{0};
    for (StepIndex i = 0; i < demand.steps.size(); ++i) most = std::max(most, to(i));
    const Graph graph(demand, weights);
    const Graph::Path path = graph.longest(apart);
    EXPECT_EQ(path.length, most);
    base::Duration along = weights[path.steps[0]].time;  // the path is as long as it says
    for (std::size_t i = 1; i < path.steps.size(); ++i) {
      const Edge& edge = graph.edges()[path.edges[i - 1]];
      EXPECT_EQ(edge.from, path.steps[i - 1]);
      EXPECT_EQ(edge.to, path.steps[i]);
      along += weights[path.steps[i]].time + (apart(edge.from, edge.to) ? edge.weight : base::Duration(0));
    }
    EXPECT_EQ(along, path.length);
  }
}

}  // namespace
}  // namespace faasbatch::placement
