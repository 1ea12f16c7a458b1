#include "node-agent/runs/choose_owners.h"

#include <gmock/gmock.h>

#include <map>

#include "lib/workflow/manifest.h"

namespace faasbatch::runs {
namespace {

using testing::ElementsAre;

workflow::PlanPtr plan(const std::string& more = "") {
  const auto compiled = workflow::compile(
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\nspec:\n"
      "  functions: [{name: f, runtime: Python, handler: f.handler, source: {inline: x}" +
      more +
      "}]\n"
      "  steps: [{name: s, function: f}, {name: t, function: f, after: [s]}]\n");
  EXPECT_TRUE(compiled);
  return compiled->plan;
}

cluster::Placement placement(std::vector<std::vector<std::string>> replicas) {
  cluster::Placement placement{.steps = {{"s", 0}, {"t", 1}}};
  for (auto& nodes : replicas) placement.replicas.push_back({std::move(nodes)});
  EXPECT_EQ(brokenInvariant(placement), "");
  return placement;
}

class Owners : public testing::Test {
 protected:
  std::vector<std::string> of(const cluster::Placement& placement, const std::string& self) {
    const auto ownership = chooseOwners(*plan(), &placement, self, reach());
    if (!ownership) return {"all here"};
    EXPECT_EQ(ownership->agents.front(), self);
    EXPECT_TRUE(isValid(*ownership, 2));
    return {ownership->owner(0), ownership->owner(1)};
  }
  std::string heir(const cluster::Placement* placement, const std::string& lost) {
    return chooseHeir(*plan(), placement, 1, lost, "a", reach());
  }
  ReachOf reach() {
    return [this](const std::string& node) { return known.contains(node) ? known[node] : Reach::kGone; };
  }
  std::map<std::string, Reach> known{{"b", Reach::kReady}, {"c", Reach::kReady}, {"d", Reach::kReady}};
};

TEST_F(Owners, AreThoseOfTheReplicaThatBeginsHere) {
  const auto placed = placement({{"c", "a"}, {"a", "b"}, {"d", "c"}});
  EXPECT_THAT(of(placed, "a"), ElementsAre("a", "b"));
  EXPECT_THAT(of(placed, "b"), ElementsAre("c", "b"));  // there is no agent on a
  EXPECT_THAT(of(placed, "c"), ElementsAre("c", "b"));
}

TEST_F(Owners, AreAllHereWhereNothingIsElsewhere) {
  EXPECT_THAT(of(placement({{"a", "a"}}), "a"), ElementsAre("all here"));
  EXPECT_EQ(chooseOwners(*plan(), nullptr, "a", reach()), nullptr);
  cluster::Placement other = placement({{"b", "c"}});
  other.steps[1].step = "another";
  EXPECT_THAT(of(other, "a"), ElementsAre("all here"));
}

TEST_F(Owners, AreOthersWhereOneIsNotReady) {
  const auto placed = placement({{"a", "b"}, {"c", "d"}});
  known["b"] = Reach::kKnown;
  EXPECT_THAT(of(placed, "a"), ElementsAre("a", "d"));
  known["d"] = Reach::kGone;
  EXPECT_THAT(of(placed, "a"), ElementsAre("a", "b"));  // waits for it
  known["b"] = Reach::kGone;
  EXPECT_THAT(of(placed, "a"), ElementsAre("all here"));
}

TEST_F(Owners, ThatAreLostHaveHeirs) {
  const auto placed = placement({{"a", "b"}, {"c", "d"}});
  EXPECT_EQ(heir(&placed, "b"), "b");  // it is back
  known["b"] = Reach::kKnown;
  EXPECT_EQ(heir(&placed, "b"), "d");
  known["d"] = Reach::kKnown;
  EXPECT_EQ(heir(&placed, "b"), "a");
  EXPECT_EQ(heir(nullptr, "b"), "a");
}

// b, which shuts down, has the second step.
TEST_F(Owners, GiveBackWhatOthersCanRun) {
  const auto may = [this](const std::string& more, const cluster::Placement* placement, const char* home) {
    auto plans = std::make_shared<engine::PlanSet>();
    plans->main = plan(more);
    return mayRunElsewhere(*plans, placement, 1, "b", home, reach());
  };
  const auto alone = placement({{"a", "b"}});
  const auto twice = placement({{"a", "b"}, {"c", "d"}});
  for (const char* plain : {"", ", nodeSelector: {}", ", resources: {limits: {cpu: 1}}"}) {
    EXPECT_TRUE(may(plain, &alone, "a")) << plain;
    EXPECT_TRUE(may(plain, nullptr, "a")) << plain;
  }
  for (const char* bound : {", nodeSelector: {disk: ssd}", ", resources: {limits: {nvidia.com/gpu: 1}}"}) {
    known["d"] = Reach::kReady;
    EXPECT_FALSE(may(bound, &alone, "a")) << bound;
    EXPECT_FALSE(may(bound, nullptr, "a")) << bound;
    EXPECT_TRUE(may(bound, &twice, "a")) << bound;
    known["d"] = Reach::kKnown;
    EXPECT_FALSE(may(bound, &twice, "a")) << bound;
    EXPECT_TRUE(may(bound, &twice, "d")) << bound;
  }
}

}  // namespace
}  // namespace faasbatch::runs
