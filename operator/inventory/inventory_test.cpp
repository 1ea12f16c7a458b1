#include "operator/inventory/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class InventoryTest : public ::testing::Test {
 protected:
  InventoryTest() {
    for (const char* name : {"w1", "w2"}) inventory.setNode({.name = name});
    list({"w1", "w2"});
  }
  Changes list(const std::vector<std::string>& nodes, bool ready = true) {
    std::map<std::string, AgentAddress> agents;
    for (const std::string& node : nodes) agents[node] = {.node = node, .ip = "10.0.0.1", .ready = ready};
    return inventory.setAgents(agents, now);
  }
  static cluster::WorkflowReport workflow(const std::string& name, std::int64_t generation = 1) {
    return {.nameSpace = "default", .name = name, .generation = generation};
  }
  Changes report(const std::string& node, std::vector<cluster::WorkflowReport> workflows = {}) {
    return inventory.report(node, {.node = node, .pods = 3, .maxPods = 10, .workflows = std::move(workflows)},
                            now);
  }
  std::vector<std::string> placeable() const {
    std::vector<std::string> names;
    for (const auto& node : inventory.nodes()) names.push_back(node.name + (node.away ? " away" : ""));
    return names;
  }
  void pass(base::Duration time) { now = now + time; }

  base::Instant now{1'700'000'000'000'000'000};
  Inventory inventory;
};

TEST_F(InventoryTest, AnAgentIsReadyOnceItHasReported) {
  EXPECT_THAT(placeable(), IsEmpty());
  EXPECT_FALSE(inventory.settled());
  EXPECT_TRUE(report("w1").nodes);
  EXPECT_THAT(placeable(), ElementsAre("w1"));
  EXPECT_FALSE(inventory.settled());
  inventory.failed("w2", "no route", now);
  EXPECT_TRUE(inventory.settled());
  EXPECT_THAT(placeable(), ElementsAre("w1"));
  EXPECT_EQ(inventory.nodes()[0].scale, 10u);
  EXPECT_EQ(inventory.nodes()[0].used, 3u);
}

TEST_F(InventoryTest, TheSameReportAgainIsNoNews) {
  report("w1", {workflow("a")});
  const Changes changes = report("w1", {workflow("a")});
  EXPECT_FALSE(changes.nodes);
  EXPECT_THAT(changes.workflows, IsEmpty());
}

TEST_F(InventoryTest, TellsWhichWorkflowsHaveNews) {
  EXPECT_THAT(report("w1", {workflow("a"), workflow("b")}).workflows, SizeIs(2));
  EXPECT_THAT(report("w1", {workflow("a"), workflow("b", 2), workflow("c")}).workflows,
              UnorderedElementsAre(kube::ObjectKey{"default", "b"}, kube::ObjectKey{"default", "c"}));
  EXPECT_THAT(report("w1", {workflow("a")}).workflows,
              UnorderedElementsAre(kube::ObjectKey{"default", "b"}, kube::ObjectKey{"default", "c"}));
  EXPECT_THAT(inventory.reports({"default", "a"}), SizeIs(1));
  EXPECT_THAT(inventory.reports({"default", "b"}), IsEmpty());
}

TEST_F(InventoryTest, AnAgentThatFailsIsAwayThenLostThenBack) {
  report("w1", {workflow("a")});
  report("w2");
  pass(std::chrono::seconds(5));
  EXPECT_TRUE(inventory.failed("w1", "connection refused", now).nodes);
  EXPECT_THAT(placeable(), ElementsAre("w1 away", "w2"));
  EXPECT_THAT(inventory.reports({"default", "a"}), SizeIs(1));
  EXPECT_EQ(inventory.next(), now + std::chrono::seconds(25));
  EXPECT_FALSE(inventory.tick(now).nodes);
  pass(std::chrono::seconds(25));
  const Changes lost = inventory.tick(now);
  EXPECT_TRUE(lost.nodes);
  EXPECT_THAT(lost.workflows, SizeIs(1));
  EXPECT_THAT(placeable(), ElementsAre("w2"));
  EXPECT_THAT(inventory.reports({"default", "a"}), IsEmpty());
  EXPECT_EQ(inventory.next(), base::Instant::never());
  EXPECT_TRUE(report("w1").nodes);
  EXPECT_THAT(placeable(), ElementsAre("w1", "w2"));
}

TEST_F(InventoryTest, AnAgentThatLeavesTheEndpointsHasItsGraceToo) {
  report("w1");
  report("w2");
  EXPECT_TRUE(list({"w2"}).nodes);
  EXPECT_THAT(placeable(), ElementsAre("w1 away", "w2"));
  list({"w1", "w2"});
  EXPECT_THAT(placeable(), ElementsAre("w1", "w2"));
  list({"w2"});
  pass(kAgentGrace);
  EXPECT_TRUE(inventory.tick(now).nodes);
  EXPECT_THAT(placeable(), ElementsAre("w2"));
  EXPECT_THAT(inventory.agents(), SizeIs(1));
  EXPECT_FALSE(report("w1").nodes);  // an answer that was on its way
}

TEST_F(InventoryTest, AnAgentThatIsNotReadyButAnswersIsAwayForAsLongAsItIs) {
  report("w1");
  EXPECT_TRUE(list({"w1"}, false).nodes);
  pass(std::chrono::hours(1));
  EXPECT_FALSE(inventory.tick(now).nodes);
  EXPECT_THAT(placeable(), ElementsAre("w1 away"));
  EXPECT_EQ(inventory.next(), base::Instant::never());
}

TEST_F(InventoryTest, DrainingAndASickJournalAreAway) {
  report("w1");
  EXPECT_TRUE(inventory.report("w1", {.node = "w1", .maxPods = 10, .draining = true}, now).nodes);
  EXPECT_THAT(placeable(), ElementsAre("w1 away"));
  inventory.report("w1", {.node = "w1", .maxPods = 10, .journalHealthy = false}, now);
  EXPECT_THAT(placeable(), ElementsAre("w1 away"));
}

TEST_F(InventoryTest, AnAgentThatSpeaksForAnotherNodeIsAFailure) {
  inventory.report("w1", {.node = "w9"}, now);
  EXPECT_EQ(inventory.agents().at("w1").failure, "it speaks for the node \"w9\": check its --node");
  EXPECT_THAT(placeable(), IsEmpty());
  EXPECT_FALSE(inventory.report("w5", {.node = "w5"}, now).nodes);  // nobody's
}

TEST_F(InventoryTest, NodesAreNewsWhereThereIsAnAgent) {
  report("w1");
  EXPECT_FALSE(inventory.setNode({.name = "w1"}).nodes);
  EXPECT_TRUE(inventory.setNode({.name = "w1", .leaving = true}).nodes);
  EXPECT_FALSE(inventory.setNode({.name = "master"}).nodes);
  EXPECT_TRUE(inventory.removeNode("w1").nodes);
  EXPECT_THAT(placeable(), IsEmpty());
}

}  // namespace
}  // namespace faasbatch::inventory
