#include "operator/controllers/functionworkflow/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/placement/replicas.h"

namespace faasbatch::controllers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kObject = R"({
  "apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": "w", "namespace": "default"},
  "spec": {
    "functions": [
      {"name": "f", "handler": "m.f", "source": {"configMap": {"name": "code", "key": "m.py"}}},
      {"name": "g", "handler": "m.g", "source": {"inline": "x"}, "bindings": [{"name": "b", "redis": {"secretRef": {"name": "redis"}}}]}],
    "steps": [{"name": "a", "function": "f"}, {"name": "b", "function": "g", "input": "${steps.a.output}"}]}})";

// A cluster of two nodes and one workflow; each step() is one reconcile, whose status is the next one's
// previous.
class Decide : public ::testing::Test {
 protected:
  Decide() : analysis(analyse(kObject, "default")) {
    EXPECT_THAT(analysis.faults, IsEmpty());
    found = {{.sha256 = "abc"}, {}};
    node("w1");
    node("w2");
  }
  void node(const std::string& name) {
    nodes.push_back({.name = name, .scale = 10});
    agents[name] = {.heardAt = now, .state = inventory::AgentState::kReady};
  }
  void lose(const std::string& name) {
    std::erase_if(nodes, [&](const auto& node) { return node.name == name; });
    agents.erase(name);
    reports.erase(name);
  }
  const Decision& step() {
    decision = decide({.generation = generation,
                       .uid = "u",
                       .analysis = analysis,
                       .found = found,
                       .nodes = nodes,
                       .reports = reports,
                       .agents = agents,
                       .previous = status,
                       .memory = memory,
                       .now = now});
    changed = !(decision.status == status);
    status = decision.status;
    memory = decision.memory;
    return decision;
  }
  // The agent of the node serves what is placed.
  void serve(const std::string& node) {
    cluster::WorkflowReport& report = reports[node];
    report.uid = "u";
    report.generation = status.placement->generation;
    report.placementDigest = status.placement->digest();
    report.failure.clear();
  }
  void becomeReady() {
    step();
    serve("w1");
    step();
    ASSERT_EQ(condition(kReady), "True Serving");
  }
  std::string condition(std::string_view type) const {
    const Condition* found = status.find(type);
    return found == nullptr ? "" : found->status + " " + found->reason;
  }
  std::string message(std::string_view type) const { return status.find(type)->message; }
  std::vector<std::string> notes() const {
    std::vector<std::string> lines;
    for (const Note& note : decision.notes)
      lines.push_back((note.warning ? "Warning " : "Normal ") + note.reason);
    return lines;
  }
  void pass(base::Duration time) { now = now + time; }

  base::Instant now{1'700'000'000'000'000'000};
  std::int64_t generation = 1;
  Analysis analysis;
  std::vector<Found> found;
  std::vector<placement::NodeFacts> nodes;
  Reports reports;
  std::map<std::string, inventory::Agent> agents;
  Status status;
  Memory memory;
  Decision decision;
  bool changed = false;
};

TEST_F(Decide, FromAppliedToServed) {
  step();
  EXPECT_EQ(condition(kAccepted), "True Valid");
  EXPECT_EQ(message(kAccepted), "2 steps and 2 functions");
  EXPECT_EQ(condition(kPlaced), "True Placed");
  EXPECT_EQ(message(kPlaced), "on w1");
  EXPECT_EQ(condition(kReady), "False AgentsNotReady");
  EXPECT_EQ(message(kReady), "w1: its agent has not taken up generation 1 yet");
  EXPECT_THAT(notes(), ElementsAre("Normal Placed"));
  EXPECT_EQ(status.reason, "AgentsNotReady");
  EXPECT_EQ(status.observedGeneration, 1);
  EXPECT_EQ(status.steps, 2u);
  EXPECT_EQ(status.nodes, 1u);
  EXPECT_THAT(status.criticalPath, ElementsAre("a", "b"));
  EXPECT_THAT(status.sources, ElementsAre(cluster::SourceDigest{"code", "m.py", "abc"}));

  serve("w1");
  step();
  EXPECT_EQ(condition(kReady), "True Serving");
  EXPECT_EQ(message(kReady), "generation 1 is served");
  EXPECT_EQ(status.reason, "Serving");
  EXPECT_THAT(notes(), ElementsAre("Normal Serving"));
}

TEST_F(Decide, AnIdleClusterWritesNothing) {
  becomeReady();
  for (int i = 0; i < 3; ++i) {
    pass(std::chrono::hours(1));
    step();
    EXPECT_FALSE(changed);
    EXPECT_THAT(decision.notes, IsEmpty());
    EXPECT_EQ(decision.again, base::Instant::never());
  }
}

TEST_F(Decide, TransitionTimesMoveWithTheStatusOnly) {
  step();
  const std::string placed = status.find(kPlaced)->lastTransitionTime;
  const std::string unready = status.find(kReady)->lastTransitionTime;
  pass(std::chrono::seconds(5));
  generation = 2;
  step();
  EXPECT_EQ(status.find(kPlaced)->lastTransitionTime, placed);
  EXPECT_EQ(status.find(kPlaced)->observedGeneration, 2);
  EXPECT_EQ(status.find(kReady)->lastTransitionTime, unready);
  serve("w1");
  step();
  EXPECT_EQ(status.find(kReady)->lastTransitionTime, base::formatRfc3339(now));
}

TEST_F(Decide, InvalidSpec) {
  analysis = {.faults = {{"spec.steps[0]", "is odd"}, {"", "and 3 more"}}};
  found.clear();
  step();
  EXPECT_EQ(condition(kAccepted), "False InvalidSpec");
  EXPECT_EQ(message(kAccepted), "spec.steps[0]: is odd\nand 3 more");
  EXPECT_EQ(condition(kPlaced), "False NotAccepted");
  EXPECT_EQ(message(kPlaced), "generation 1 is not accepted");
  EXPECT_EQ(condition(kReady), "False NotPlaced");
  EXPECT_EQ(status.reason, "InvalidSpec");
  EXPECT_THAT(notes(), ElementsAre("Warning InvalidSpec"));
}

TEST_F(Decide, WhatWasValidKeepsBeingServed) {
  becomeReady();
  const auto placement = status.placement;
  const Analysis valid = analysis;
  analysis = {.faults = {{"spec", "is odd"}}};
  generation = 2;
  step();
  EXPECT_EQ(condition(kAccepted), "False InvalidSpec");
  EXPECT_EQ(condition(kPlaced), "False NotAccepted");
  EXPECT_EQ(message(kPlaced), "generation 2 is not accepted; generation 1 stays placed");
  EXPECT_EQ(condition(kReady), "True Serving");
  EXPECT_EQ(message(kReady), "generation 1 is served, not 2");
  EXPECT_EQ(status.find(kReady)->observedGeneration, 1);  // kubectl wait goes on waiting
  EXPECT_EQ(status.placement, placement);
  EXPECT_EQ(status.reason, "InvalidSpec");

  analysis = valid;
  generation = 3;
  step();
  EXPECT_EQ(condition(kAccepted), "True Valid");
  EXPECT_EQ(condition(kReady), "False AgentsNotReady");
  EXPECT_EQ(status.placement->generation, 3);
  EXPECT_THAT(notes(), ElementsAre("Normal Valid", "Normal Placed"));
}

TEST_F(Decide, SourceNotFound) {
  found = {{.state = Found::State::kNoObject}, {.state = Found::State::kNoObject}};
  step();
  EXPECT_EQ(condition(kAccepted), "False SourceNotFound");
  EXPECT_EQ(message(kAccepted),
            "spec.functions[0].source.configMap: there is no ConfigMap \"code\" in the namespace\n"
            "spec.functions[1].bindings[b].secretRef: there is no Secret \"redis\" in the namespace");
  found = {{.state = Found::State::kNoKey}, {}};
  step();
  EXPECT_EQ(message(kAccepted),
            R"(spec.functions[0].source.configMap: the ConfigMap "code" has no key "m.py")");
  found[0] = {.sha256 = "abc"};
  step();
  EXPECT_EQ(condition(kPlaced), "True Placed");
  EXPECT_THAT(notes(), ElementsAre("Normal Valid", "Normal Placed"));
}

TEST_F(Decide, SourceUnreadable) {
  found[0] = {.state = Found::State::kUnreadable, .why = "it is empty"};
  step();
  EXPECT_EQ(condition(kAccepted), "False SourceUnreadable");
  EXPECT_EQ(
      message(kAccepted),
      R"(spec.functions[0].source.configMap: the ConfigMap "code", key "m.py", cannot be read: it is empty)");
}

TEST_F(Decide, AChangedSourceIsANewDigest) {
  becomeReady();
  found[0].sha256 = "def";
  step();
  EXPECT_THAT(status.sources, ElementsAre(cluster::SourceDigest{"code", "m.py", "def"}));
  EXPECT_EQ(condition(kReady), "True Serving");
}

TEST_F(Decide, NoAgents) {
  nodes.clear();
  agents.clear();
  step();
  EXPECT_EQ(condition(kPlaced), "False NoAgents");
  EXPECT_EQ(condition(kReady), "False NotPlaced");
  EXPECT_EQ(status.reason, "NoAgents");
  EXPECT_THAT(notes(), ElementsAre("Warning NoAgents"));
}

TEST_F(Decide, NoNodeFits) {
  analysis.demand.functions[0].nodeSelector = {{"disk", "ssd"}};
  step();
  EXPECT_EQ(condition(kPlaced), "False NoNodeFits");
  EXPECT_EQ(message(kPlaced),
            R"(function "f": no node has the label disk=ssd that its nodeSelector asks for)");
  nodes[1].labels = {{"disk", "ssd"}};
  step();
  EXPECT_EQ(message(kPlaced), "on w2");
}

TEST_F(Decide, AgentsThatAllGoLeaveThePlacementAsItIs) {
  becomeReady();
  const auto placement = status.placement;
  lose("w1");
  lose("w2");
  pass(kServingGrace);
  step();
  EXPECT_EQ(condition(kPlaced), "False NoAgents");
  EXPECT_EQ(status.placement, placement);
}

TEST_F(Decide, AgentsNotReadySaysWhichAndWhy) {
  step();
  serve("w1");
  reports["w1"].failure = "the archive has another digest";
  step();
  EXPECT_EQ(condition(kReady), "False AgentsNotReady");
  EXPECT_EQ(message(kReady), "w1: the archive has another digest");
  reports["w1"].uid = "another";  // of an object of this name that was deleted
  agents["w1"].failure = "connection refused";
  step();
  EXPECT_EQ(message(kReady), "w1: its agent does not answer: connection refused");
}

TEST_F(Decide, AnAgentThatStartsAnewHasAMoment) {
  becomeReady();
  reports.clear();
  step();
  EXPECT_EQ(condition(kReady), "True Serving");
  EXPECT_FALSE(changed);
  EXPECT_EQ(decision.again, now + kServingGrace);
  pass(kServingGrace);
  step();
  EXPECT_EQ(condition(kReady), "False AgentsNotReady");
  EXPECT_THAT(notes(), ElementsAre("Warning AgentsNotReady"));
  serve("w1");
  step();
  EXPECT_EQ(condition(kReady), "True Serving");
  reports["w1"].failure = "broken";  // no moment for one that says so
  step();
  EXPECT_EQ(condition(kReady), "False AgentsNotReady");
}

TEST_F(Decide, ALostNodeMovesWhatWasThere) {
  becomeReady();
  lose("w1");
  step();
  EXPECT_EQ(message(kPlaced), "on w2");
  EXPECT_THAT(notes(), ElementsAre("Normal Moved"));
  EXPECT_EQ(decision.notes[0].message, "from w1 to w2");
  EXPECT_EQ(condition(kReady), "True Serving");  // for a moment
  serve("w2");
  step();
  EXPECT_EQ(condition(kReady), "True Serving");
  EXPECT_FALSE(changed);
}

TEST_F(Decide, ReplicasGrowWithTheDemandAndOneThatServesIsEnough) {
  becomeReady();
  reports["w1"].starving = 1;
  reports["w1"].pods = 5;
  step();
  EXPECT_EQ(status.placement->replicas.size(), 1u);  // too soon after the first placement
  pass(placement::kReplicaGrowAfter);
  step();
  EXPECT_EQ(message(kPlaced), "on w1, w2 in 2 replicas");
  serve("w1");
  step();
  EXPECT_EQ(condition(kReady), "True Serving");
  EXPECT_EQ(message(kReady),
            "generation 1 is served; not everywhere: w2: its agent has not taken up generation 1 yet");
  serve("w2");
  step();
  EXPECT_EQ(message(kReady), "generation 1 is served");
  reports["w1"].starving = 0;
  reports["w1"].pods = 1;
  pass(placement::kReplicaShrinkAfter);
  step();
  EXPECT_EQ(message(kPlaced), "on w1");
}

TEST_F(Decide, FiguresAreWrittenInStepsAndNotOften) {
  becomeReady();
  reports["w1"].active = 7;
  reports["w1"].runs = 100;
  reports["w1"].p95 = std::chrono::microseconds(12'345);
  step();
  EXPECT_EQ(status.active, 5u);
  EXPECT_EQ(status.p95, "12ms");
  reports["w1"].active = 60;
  reports["w1"].p95 = std::chrono::milliseconds(30);
  step();
  EXPECT_FALSE(changed);
  EXPECT_EQ(decision.again, now + kFiguresEvery);
  pass(kFiguresEvery);
  step();
  EXPECT_EQ(status.active, 50u);
  EXPECT_EQ(status.p95, "30ms");
  reports["w1"].active = 99;
  reports["w1"].p95 = std::chrono::milliseconds(33);
  pass(kFiguresEvery);
  step();
  EXPECT_FALSE(changed);
  EXPECT_EQ(decision.again, base::Instant::never());
}

TEST_F(Decide, MeasuredWeightsMoveStepsWhenTheyMatter) {
  analysis.demand.functions[0].scale = analysis.demand.functions[1].scale =
      8;  // not together on one of these
  step();
  serve("w1");
  serve("w2");
  step();
  EXPECT_EQ(condition(kReady), "True Serving");
  EXPECT_EQ(status.nodes, 2u);
  nodes[1].scale = 16;
  step();
  EXPECT_EQ(status.nodes, 2u);  // it would gain a millisecond or two
  reports["w1"].steps = {
      {.step = "a", .runs = 10, .time = std::chrono::milliseconds(1), .outputBytes = 50 << 20}};
  step();
  EXPECT_EQ(message(kPlaced), "on w2");
}

TEST_F(Decide, MessagesAreBounded) {
  analysis.faults = {{"spec", std::string(100'000, 'x')}};
  step();
  EXPECT_THAT(message(kAccepted), SizeIs(kMaxConditionMessage));
}

}  // namespace
}  // namespace faasbatch::controllers
