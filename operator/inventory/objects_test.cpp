// What is read of Nodes and EndpointSlices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/inventory/endpoints.h"
#include "operator/inventory/node_object.h"

namespace faasbatch::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

kube::Object object(std::string json) {
  auto parsed = kube::parseObject(std::move(json));
  EXPECT_TRUE(parsed);
  return *parsed;
}

TEST(NodeObject, KeepsWhatPlacementNeeds) {
  kube::Object node = object(R"({"metadata": {"name": "w1", "labels": {"disk": "ssd"}},
    "spec": {"unschedulable": true, "taints": [{"key": "gpu", "value": "big", "effect": "NoSchedule"}]},
    "status": {"allocatable": {"cpu": "1500m", "memory": "2Gi", "pods": "110"}, "images": [{"names": ["x"]}]}})");
  slimNode(node);
  EXPECT_FALSE(node.json.contains("images"));
  const placement::NodeFacts facts = nodeFacts(node);
  EXPECT_EQ(facts.name, "w1");
  EXPECT_THAT(facts.labels, ElementsAre(Pair("disk", "ssd")));
  EXPECT_EQ(facts.taints, (std::vector<placement::Taint>{{"gpu", "big", "NoSchedule"}}));
  EXPECT_TRUE(facts.leaving);
  EXPECT_EQ(facts.cpuMilli, 1500);
  EXPECT_EQ(facts.memoryBytes, std::int64_t{2} << 30);
}

TEST(NodeObject, OfANodeThatSaysNothing) {
  kube::Object node = object(R"({"metadata": {"name": "w1"}})");
  slimNode(node);
  const placement::NodeFacts facts = nodeFacts(node);
  EXPECT_THAT(facts.labels, IsEmpty());
  EXPECT_FALSE(facts.leaving);
  EXPECT_EQ(facts.cpuMilli, 0);
}

TEST(Endpoints, NameTheAgentOfEachNode) {
  const auto agents =
      agentsIn(object(R"({"metadata": {"name": "s"}, "ports": [{"name": "peer", "port": 1234}],
    "endpoints": [
      {"addresses": ["10.0.0.1"], "nodeName": "w1", "targetRef": {"name": "a1"}, "conditions": {"ready": true}},
      {"addresses": ["10.0.0.2"], "nodeName": "w2", "targetRef": {"name": "a2"}, "conditions": {"ready": false}},
      {"addresses": ["10.0.0.3"], "nodeName": "w3", "conditions": {"ready": true, "terminating": true}},
      {"addresses": ["10.0.0.4"], "nodeName": "w4"},
      {"addresses": ["10.0.0.5"]},
      {"addresses": [], "nodeName": "w6"}]})"));
  EXPECT_EQ(agents, (std::vector<AgentAddress>{{"w1", "a1", "10.0.0.1", 1234, true},
                                               {"w2", "a2", "10.0.0.2", 1234, false},
                                               {"w3", "", "10.0.0.3", 1234, false},
                                               {"w4", "", "10.0.0.4", 1234, true}}));
  EXPECT_THAT(agentsIn(object(R"({"metadata": {"name": "s"}, "endpoints": null})")), IsEmpty());
  const auto plain = agentsIn(
      object(R"({"metadata": {"name": "s"}, "endpoints": [{"addresses": ["x"], "nodeName": "n"}]})"));
  EXPECT_EQ(plain.at(0).port, 9443);
}

TEST(Endpoints, TheReadyAgentOfANodeGoesFirst) {
  const AgentAddress going{"w1", "old", "10.0.0.1", 1, false};
  const AgentAddress coming{"w1", "new", "10.0.0.2", 1, true};
  for (const std::vector<AgentAddress>& agents : {std::vector{going, coming}, std::vector{coming, going}})
    EXPECT_EQ(byNode(agents).at("w1").pod, "new");
}

}  // namespace
}  // namespace faasbatch::inventory
