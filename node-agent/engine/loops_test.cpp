// foreach and repeat.
#include <gmock/gmock.h>

#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

std::string numbers(int n) {
  std::string out = "[";
  for (int i = 0; i < n; ++i) out += (i ? "," : "") + std::to_string(i);
  return out + "]";
}

TEST(Foreach, GivesResultsInTheOrderOfTheItems) {
  Simulation sim(
      planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: {i: \"${index}\", x: "
             "\"${item}\"}}]\n"),
      [](const Dispatch& call) { return Reply{std::string(call.input.view()), 10ms - call.index[0] * 1ms}; });
  EXPECT_EQ(sim.resultOf("[5,6,7]"), R"([{"i":0,"x":5},{"i":1,"x":6},{"i":2,"x":7}])");
  EXPECT_EQ(sim.mostUnderWay, 3);
  EXPECT_THAT(sim.dispatched[2].index, testing::ElementsAre(2));
}

TEST(Foreach, OfNothingGivesAnEmptyList) {
  Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f}]\n"));
  EXPECT_EQ(sim.resultOf("[]"), "[]");
  EXPECT_THAT(
      Simulation(planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f}]\n")).resultOf("3"),
      testing::HasSubstr("must be a list, is a int"));
}

TEST(Foreach, KeepsItsBound) {
  Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${input}\", maxConcurrency: 2}, function: f, "
                        "input: \"${item}\"}]\n"),
                 [](const Dispatch& call) { return Reply{std::string(call.input.view()), 10ms}; });
  EXPECT_EQ(sim.resultOf(numbers(10)), numbers(10));
  EXPECT_EQ(sim.mostUnderWay, 2);
  EXPECT_EQ(sim.run.finishedAt() - sim.run.createdAt(), 50ms);
}

TEST(Foreach, WithoutABoundFillsNoQueue) {
  Simulation sim(
      planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}]\n", {"f"},
             "w", ", batching: {maxQueue: 64}"));
  EXPECT_EQ(sim.resultOf(numbers(500)), numbers(500));
  EXPECT_EQ(sim.mostUnderWay, 64);
}

TEST(Foreach, OfGroupsNests) {
  Simulation sim(planOf(
      "  steps:\n  - name: rows\n    foreach: {items: \"${input}\"}\n    steps:\n"
      "    - {name: cols, foreach: {items: \"${item}\"}, function: f, input: \"${item * item}\"}\n"
      "    - {name: first, function: f, input: {row: \"${index}\", of: \"${steps.cols.output[0]}\"}}\n"));
  EXPECT_EQ(sim.resultOf("[[1,2],[3]]"), R"([{"row":0,"of":1},{"row":1,"of":9}])");
  const auto inner =
      std::ranges::find_if(sim.dispatched, [](const Dispatch& d) { return d.input.view() == "4"; });
  ASSERT_NE(inner, sim.dispatched.end());
  EXPECT_THAT(inner->index, testing::ElementsAre(0, 1));
}

TEST(Foreach, OverTheOutputOfAnother) {
  Simulation sim(
      planOf("  steps:\n  - {name: a, foreach: {items: \"${input}\"}, function: f, input: \"${item + 1}\"}\n"
             "  - {name: b, foreach: {items: \"${steps.a.output}\"}, function: f, input: \"${item * 2}\"}\n"
             "  output: {all: \"${steps.b.output}\", n: \"${size(steps.b.output)}\"}\n"));
  EXPECT_EQ(sim.resultOf("[1,2]"), R"({"all":[4,6],"n":2})");
}

TEST(Foreach, StopsAtTheFirstFailure) {
  Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${input}\", maxConcurrency: 3}, function: f, "
                        "input: \"${item}\"}]\n"),
                 [](const Dispatch& call) {
                   return call.input.view() == "1" ? failWith("ValueError") : Reply{"0", 5ms};
                 });
  EXPECT_EQ(sim.resultOf(numbers(100)), "ValueError: no");
  EXPECT_EQ(sim.dispatched.size(), 3);
  EXPECT_EQ(sim.cancelled.size(), 2);
  EXPECT_EQ(sim.run.error().step, "e");
}

TEST(Foreach, RetriesItemByItem) {
  std::map<std::string, int> tries;
  Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: "
                        "\"${item}\", retry: {limit: 1}}]\n"),
                 [&](const Dispatch& call) {
                   const std::string input(call.input.view());
                   return ++tries[input] == 1 && input != "0" ? failWith("Flaky") : echo(call);
                 });
  EXPECT_EQ(sim.resultOf("[0,1,2]"), "[0,1,2]");
  EXPECT_EQ(sim.dispatched.size(), 5);
}

TEST(Foreach, OfAHundredThousandItemsKeepsLittle) {
  Simulation sim(
      planOf("  steps: [{name: e, foreach: {items: \"${input}\", maxConcurrency: 50}, function: f, input: "
             "\"${item}\"}]\n"));
  const std::string input = numbers(kMaxItems);
  EXPECT_EQ(sim.resultOf(input), input);
  EXPECT_EQ(sim.mostUnderWay, 50);
  EXPECT_LT(sim.run.memoryBytes() / kMaxItems, 700);
  EXPECT_THAT(Simulation(planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f}]\n"))
                  .resultOf(numbers(kMaxItems + 1)),
              testing::StartsWith("ExpressionFailed"));
}

TEST(Foreach, SaysThatItsItemsAreNotThoseItBeganWith) {
  const auto plan = planOf(
      "  steps:\n  - {name: a, function: f}\n"
      "  - {name: e, foreach: {items: \"${steps.a.output}\", maxConcurrency: 1}, function: f, input: "
      "\"${item}\"}\n");
  const auto spilled = [](const Dispatch& call) {
    return Reply{std::string(call.input.view()), call.name == "a" ? 1ms : 10s, call.name == "a"};
  };
  Simulation sim(plan, spilled);
  sim.start("[1,2,3]");
  sim.advanceTo(sim.clock.now() + 1s);
  ASSERT_EQ(sim.calls("e"), 1);
  for (const char* other : {"[1,2]", "7"}) {  // somebody has put something else under the key
    Simulation second(plan, spilled);
    for (const Event& event : sim.events) {
      if (journaled(event)) apply(second.run, event);
    }
    second.store = {{sim.store.begin()->first, base::Payload(std::string(other))}};
    second.advanceTo(sim.clock.now());
    second.give(Recovered{});
    second.obey(pending(second.run));
    EXPECT_THAT(second.result(),
                testing::HasSubstr(*other == '7' ? "foreach.items: must be a list, is a int"
                                                 : "foreach.items: has 2 items when it is evaluated once "
                                                   "more, and had 3 when the foreach began"));
  }
}

TEST(Repeat, RunsUntilItsConditionHolds) {
  Simulation sim(planOf("  steps: [{name: s, repeat: {until: \"${output >= 5}\", limit: 10}, function: f, "
                        "input: \"${last}\"}]\n"),
                 [](const Dispatch& call) {
                   return Reply{call.input.view() == "null"
                                    ? "1"
                                    : std::to_string(std::stoi(std::string(call.input.view())) + 1)};
                 });
  EXPECT_EQ(sim.resultOf("null"), "5");
  EXPECT_EQ(sim.dispatched.size(), 5);
  EXPECT_THAT(sim.dispatched[4].index, testing::ElementsAre(4));
}

TEST(Repeat, EndsAtItsLimitAndWaitsBetweenTurns) {
  Simulation sim(
      planOf("  steps: [{name: s, repeat: {until: \"${false}\", limit: 3, delay: 2s}, function: f, input: "
             "\"${index}\"}]\n"));
  EXPECT_EQ(sim.resultOf("null"), "2");
  EXPECT_EQ(sim.run.finishedAt() - sim.run.createdAt(), 4s + 3ms);
}

TEST(Repeat, OfAGroupSeesTheTurnBeforeInside) {
  Simulation sim(
      planOf("  steps:\n  - name: r\n    repeat: {until: \"${index == 2 && output == last + 10}\", limit: "
             "9}\n    steps:\n"
             "    - {name: a, function: f, input: \"${last == null ? 1 : last}\"}\n"
             "    - {name: b, function: f, input: \"${steps.a.output + 10}\"}\n"));
  EXPECT_EQ(sim.resultOf("null"), "31");
}

TEST(Repeat, InsideAForeachSeesTheItem) {
  Simulation sim(
      planOf("  steps:\n  - name: e\n    foreach: {items: \"${input}\"}\n    steps:\n"
             "    - {name: r, repeat: {until: \"${output >= item}\"}, function: f, input: \"${index + item - "
             "1}\"}\n"));
  EXPECT_EQ(sim.resultOf("[10,20]"), "[10,20]");
  EXPECT_EQ(sim.dispatched.size(), 4);
}

TEST(Loops, ItemsOfALittleExpressionThatHoldTooMuchAreRefused) {
  std::string items = "[1]";
  for (int i = 0; i < 60; ++i) items += ".map(x, [x, x])";
  for (const std::string& doubled : {items, "[" + items + "]"}) {
    Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${" + doubled + "}\"}, function: f}]\n"));
    EXPECT_THAT(sim.resultOf("1"), testing::HasSubstr("ExpressionFailed")) << doubled.size();
  }
  Simulation sim(planOf("  steps: [{name: e, function: f, input: \"${" + items + "}\"}]\n"));
  EXPECT_THAT(sim.resultOf("1"), testing::HasSubstr("ExpressionFailed"));
}

}  // namespace
}  // namespace faasbatch::engine
