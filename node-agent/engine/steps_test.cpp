// What steps, lists, switches and conditions do (contract, section 1).
#include <gmock/gmock.h>

#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

TEST(Steps, OneFunctionGetsTheRunsInputAndGivesItsOutput) {
  Simulation sim(planOf("  steps: [{name: s, function: f}]\n"));
  EXPECT_EQ(sim.resultOf(R"({"a": 1.0})"), R"({"a": 1.0})");
  EXPECT_EQ(sim.run.status(), RunStatus::kSucceeded);
  EXPECT_EQ(sim.answers, 1);
  ASSERT_EQ(sim.dispatched.size(), 1);
  EXPECT_EQ(sim.dispatched[0].attempt, 1);
  EXPECT_EQ(sim.dispatched[0].name, "s");
}

struct Case {
  const char* what;
  const char* spec;
  const char* input;
  const char* output;
};

class Language : public testing::TestWithParam<Case> {};

TEST_P(Language, Gives) {
  Simulation sim(planOf(GetParam().spec));
  EXPECT_EQ(sim.resultOf(GetParam().input), GetParam().output) << GetParam().what;
  EXPECT_TRUE(sim.run.ended());
}

INSTANTIATE_TEST_SUITE_P(
    Table, Language,
    testing::Values(Case{"expressions in a step's input",
                         "  steps: [{name: s, function: f, input: {x: \"${input.a + 1}\"}}]\n", R"({"a":2})",
                         R"({"x":3})"},
                    Case{"a reference is an edge",
                         "  steps:\n  - {name: b, function: f, input: \"${steps.a.output + 1}\"}\n  - {name: "
                         "a, function: f, input: 1}\n"
                         "  output: \"${steps.b.output}\"\n",
                         "null", "2"},
                    Case{"the output is the last step's",
                         "  steps: [{name: a, function: f, input: 1}, {name: b, function: f, input: 2}]\n",
                         "null", "2"},
                    Case{"spec.output as an object",
                         "  steps: [{name: a, function: f, input: 1}, {name: b, function: f, input: 2}]\n"
                         "  output: {a: \"${steps.a.output}\", b: \"${steps.b.output}\", i: \"${input}\"}\n",
                         "[7]", R"({"a":1,"b":2,"i":[7]})"},
                    Case{"spec.output is the input as it came",
                         "  steps: [{name: a, function: f}]\n  output: \"${input}\"\n", "[ 1.0 ]", "[ 1.0 ]"},
                    Case{"a skipped step gives null and its dependents run",
                         "  steps:\n  - {name: a, function: f, when: \"${input > 1}\"}\n"
                         "  - {name: b, function: f, input: \"${steps.a.output == null}\"}\n",
                         "1", "true"},
                    Case{"a condition that holds",
                         "  steps:\n  - {name: a, function: f, when: \"${input > 1}\"}\n"
                         "  - {name: b, function: f, input: \"${steps.a.output == null}\"}\n",
                         "2", "false"},
                    Case{"a group gives its last step's output",
                         "  steps:\n  - name: g\n    steps:\n    - {name: x, function: f, input: 1}\n"
                         "    - {name: y, function: f, input: \"${steps.x.output + 1}\"}\n",
                         "null", "2"},
                    Case{"a group sees the steps around it",
                         "  steps:\n  - {name: a, function: f, input: 5}\n  - name: g\n    steps:\n"
                         "    - {name: y, function: f, input: \"${steps.a.output + 1}\"}\n",
                         "null", "6"},
                    Case{"a wait gives null", "  steps: [{name: w, wait: 5s}]\n", "1", "null"},
                    Case{"the run's variables",
                         "  steps: [{name: a, function: f, input: \"${run.id + string(run.attempt)}\"}]\n",
                         "null", "\"run-11\""},
                    Case{"a fail step",
                         "  steps: [{name: s, fail: {type: Nope, message: \"because ${input}\"}}]\n", "\"x\"",
                         "Nope: because x"}));

const char* const kRoute =
    "  steps:\n  - name: choose\n    switch:\n"
    "    - when: \"${input == 'a'}\"\n      steps: [{name: sa, function: f, input: first}]\n"
    "    - when: \"${input.startsWith('b')}\"\n      steps: [{name: sb, function: f, input: "
    "\"${size(input)}\"}]\n";

TEST(Switch, RunsTheFirstArmThatHolds) {
  EXPECT_EQ(Simulation(planOf(kRoute)).resultOf("\"a\""), "\"first\"");
  EXPECT_EQ(Simulation(planOf(kRoute)).resultOf("\"bcd\""), "3");
  EXPECT_EQ(Simulation(planOf(kRoute)).resultOf("\"z\""), "null");
  const std::string withDefault =
      std::string(kRoute) + "    - steps: [{name: sd, function: f, input: other}]\n";
  EXPECT_EQ(Simulation(planOf(withDefault)).resultOf("\"z\""), "\"other\"");
}

TEST(Steps, RunSideBySideWithoutAnEdge) {
  Simulation sim(planOf(
      "  steps: [{name: a, function: f}, {name: b, function: f}, {name: c, function: f, after: [a, b]}]\n"));
  sim.start();
  const base::Instant began = sim.clock.now();
  sim.result();
  EXPECT_EQ(sim.mostUnderWay, 2);
  EXPECT_EQ(sim.run.finishedAt() - began, 2ms);
}

TEST(Steps, WaitAsLongAsTheySay) {
  Simulation sim(planOf("  steps: [{name: w, wait: \"${duration(input)}\"}]\n"));
  EXPECT_EQ(sim.resultOf("\"90s\""), "null");
  EXPECT_EQ(sim.run.finishedAt() - sim.run.createdAt(), 90s);
  Simulation past(planOf("  steps: [{name: w, wait: \"${timestamp('2001-01-01T00:00:00Z')}\"}]\n"));
  EXPECT_EQ(past.resultOf("null"), "null");
  EXPECT_EQ(past.run.finishedAt(), past.run.createdAt());
}

TEST(Steps, FailWhereAnExpressionHasNoValue) {
  Simulation sim(planOf("  steps: [{name: s, function: f, input: {x: \"${input.no}\"}}]\n"));
  EXPECT_THAT(sim.resultOf("{}"), testing::AllOf(testing::StartsWith("ExpressionFailed: spec.steps[0].input"),
                                                 testing::HasSubstr("no")));
  EXPECT_EQ(sim.run.error().step, "s");
  EXPECT_THAT(Simulation(planOf("  steps: [{name: s, function: f, when: \"${input}\"}]\n")).resultOf("1"),
              testing::HasSubstr("must be true or false"));
}

TEST(Invocation, OfOneFunctionRunsItAlone) {
  const auto plan = planOf("  steps: [{name: s, function: f}, {name: t, function: g}]\n", {"f", "g"}, "w",
                           ", retry: {limit: 1}");
  int calls = 0;
  Simulation sim(plan,
                 [&](const Dispatch& call) { return ++calls == 1 ? failWith("ValueError") : echo(call); });
  sim.start("[1]", "g");
  EXPECT_EQ(sim.result(), "[1]");
  ASSERT_EQ(sim.dispatched.size(), 2);
  EXPECT_EQ(sim.dispatched[1].name, "g");
  EXPECT_EQ(sim.dispatched[1].plan, plan);
  EXPECT_EQ(plan->functions[sim.dispatched[1].function].name, "g");
  Simulation unknown(plan);
  unknown.start("1", "nope");
  EXPECT_THAT(unknown.result(), testing::StartsWith("FunctionNotFound"));
}

TEST(Events, ThatComeTwiceOrTooLateChangeNothing) {
  Simulation sim(planOf("  steps: [{name: a, function: f}, {name: b, function: f, after: [a]}]\n"));
  sim.start();
  while (sim.next()) {
    for (const Event& event : std::vector(sim.events)) EXPECT_TRUE(apply(sim.run, event).empty());
  }
  EXPECT_EQ(sim.run.status(), RunStatus::kSucceeded);
  EXPECT_EQ(sim.dispatched.size(), 2);
  for (const Event& event : sim.events) EXPECT_TRUE(apply(sim.run, event).empty());
  EXPECT_EQ(sim.answers, 1);
}

}  // namespace
}  // namespace faasbatch::engine
