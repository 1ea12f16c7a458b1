#include "node-agent/forwarding/candidates.h"

#include <gmock/gmock.h>

#include "lib/base/ids.h"
#include "lib/cluster/home.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::forwarding {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

cluster::Placement placement(std::vector<std::vector<std::string>> replicas) {
  cluster::Placement placement;
  for (std::uint32_t group = 0; group < replicas.front().size(); ++group) {
    placement.steps.push_back({"s" + std::to_string(group), group});
  }
  for (auto& nodes : replicas) placement.replicas.push_back({std::move(nodes)});
  EXPECT_EQ(brokenInvariant(placement), "");
  return placement;
}

TEST(ForCall, AnAgentOfAReplicaAnswersItself) {
  const auto placed = placement({{"a", "b"}, {"c", "b"}});
  for (const char* self : {"a", "b", "c"}) EXPECT_THAT(forCall(&placed, self, 1), ElementsAre(self));
  EXPECT_THAT(forCall(nullptr, "d", 0), ElementsAre("d"));
}

TEST(ForCall, AnotherGoesToTheFirstStepsInTurn) {
  const auto placed = placement({{"a", "b"}, {"c", "b"}, {"a", "d"}});
  EXPECT_THAT(forCall(&placed, "x", 0), ElementsAre("a", "c", "b", "d"));
  EXPECT_THAT(forCall(&placed, "x", 1), ElementsAre("c", "a", "b", "d"));
  EXPECT_THAT(forCall(&placed, "x", 2), ElementsAre("a", "c", "b", "d"));
}

TEST(ForFunction, GoesToTheStepsThatCallIt) {
  const auto placed = placement({{"a", "b"}, {"c", "d"}});
  EXPECT_THAT(forFunction(&placed, "x", {1}, 0), ElementsAre("b", "d"));
  EXPECT_THAT(forFunction(&placed, "a", {1}, 1), ElementsAre("d", "b"));
  EXPECT_THAT(forFunction(&placed, "d", {1}, 0), ElementsAre("d"));
  EXPECT_THAT(forFunction(&placed, "a", {}, 0), ElementsAre("a"));   // of no step
  EXPECT_THAT(forFunction(&placed, "a", {7}, 0), ElementsAre("a"));  // the placement is of another plan
  EXPECT_THAT(forFunction(nullptr, "x", {1}, 0), ElementsAre("x"));
}

TEST(StepsThatCall, AreThoseWithACallInside) {
  const auto compiled = workflow::compile(
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\nspec:\n"
      "  functions:\n"
      "  - {name: f, runtime: Python, handler: f.handler, source: {inline: x}}\n"
      "  - {name: g, runtime: Python, handler: f.handler, source: {inline: x}}\n"
      "  steps:\n"
      "  - {name: s, function: f}\n"
      "  - name: t\n"
      "    switch:\n"
      "    - {when: \"${true}\", steps: [{name: i, steps: [{name: j, function: g}]}]}\n"
      "  - {name: u, function: g, catch: [{on: ['*'], steps: [{name: c, function: f}]}]}\n");
  ASSERT_TRUE(compiled) << compiled.error().front().message;
  EXPECT_THAT(stepsThatCall(*compiled->plan, "f"), ElementsAre(0, 2));
  EXPECT_THAT(stepsThatCall(*compiled->plan, "g"), ElementsAre(1, 2));
  EXPECT_TRUE(stepsThatCall(*compiled->plan, "x").empty());
}

TEST(ForKey, AllAgentsComeToTheSame) {
  const auto placed = placement({{"a", "b"}, {"c", "b"}});
  const Candidates order = forKey(&placed, "a", "key");
  EXPECT_THAT(order, UnorderedElementsAre("a", "b", "c"));
  for (const char* self : {"b", "c", "x"}) EXPECT_EQ(forKey(&placed, self, "key"), order);
  EXPECT_THAT(forKey(nullptr, "x", "key"), ElementsAre("x"));
}

TEST(ForInvocation, ItsIdNamesItsHome) {
  const std::string id = base::newInvocationId({1}, cluster::homeMark("b"));
  EXPECT_THAT(forInvocation(id, "a", {"b", "c"}), ElementsAre("b"));
  EXPECT_THAT(forInvocation(id, "b", {"a", "c"}), ElementsAre("b"));
  EXPECT_THAT(forInvocation(id, "a", {"c"}), ElementsAre("a"));
  EXPECT_THAT(forInvocation("no id", "a", {"b"}), ElementsAre("a"));
}

// Names whose marks are the same, found by trying: all of them are asked.
TEST(ForInvocation, NodesThatShareAMarkAreAllAsked) {
  std::map<std::uint16_t, std::string> seen;
  for (int i = 0;; ++i) {
    const std::string node = "node-" + std::to_string(i);
    const auto [at, first] = seen.emplace(cluster::homeMark(node), node);
    if (first) continue;
    const std::string id = base::newInvocationId({1}, cluster::homeMark(node));
    EXPECT_THAT(forInvocation(id, "a", {"c", node, at->second}), ElementsAre(node, at->second));
    EXPECT_THAT(forInvocation(id, node, {at->second}), ElementsAre(at->second, node));
    break;
  }
}

}  // namespace
}  // namespace faasbatch::forwarding
