// Runs that several agents share end as those of one agent do, whatever becomes of messages and agents.
#include <gmock/gmock.h>

#include "lib/json/check.h"
#include "node-agent/engine/record_merge.h"
#include "node-agent/engine/shared_samples.h"
#include "node-agent/engine/shared_simulation.h"

namespace faasbatch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

TEST(Shared, StepsRunWhereTheyAreOwned) {
  auto run = shared(kChain, {0, 1, 2});
  run.start("7");
  EXPECT_EQ(run.result(), "[[7]]");
  EXPECT_THAT(run.dispatchedBy, ElementsAre("a", "b", "c"));
  EXPECT_THAT(stepLines(run.home()),
              ElementsAre("s[] Succeeded 1@a", "t[] Succeeded 1@b", "u[] Succeeded 1@c"));
}

TEST(Shared, OwnersTellOneAnotherWithoutHome) {
  auto run = shared(kChain, {1, 2, 1});
  run.start("7");
  EXPECT_EQ(run.result(), "[[7]]");
  EXPECT_THAT(run.dispatchedBy, ElementsAre("b", "c", "b"));
  EXPECT_EQ(run.messages, 2 + 2 + 2 + 1);  // two beginnings; s and t to the next and home; u
}

TEST(Shared, JoinsWaitForAll) {
  auto run = shared(
      "  steps:\n  - {name: s, function: f, input: 1}\n  - {name: t, function: f, input: 2}\n"
      "  - {name: j, function: f, input: [\"${steps.s.output}\", \"${steps.t.output}\"]}\n",
      {1, 2, 0});
  run.start("null");
  EXPECT_EQ(run.result(), "[1,2]");
}

TEST(Shared, AForeachRunsWithItsOwnerAndIsMergedElsewhere) {
  auto run = shared(
      "  steps:\n  - name: e\n    foreach: {items: \"${input}\"}\n    steps:\n"
      "    - {name: i, function: f, input: \"${item}\"}\n    - {name: k, workflow: inner, after: [i]}\n"
      "  - {name: m, function: f, input: \"${size(steps.e.output)}\"}\n",
      {1, 2});
  run.start("[1,2,3]");
  EXPECT_EQ(run.result(), "3");
  EXPECT_EQ(std::ranges::count(run.dispatchedBy, "b"), 9);
  EXPECT_EQ(run.dispatchedBy.back(), "c");
  EXPECT_EQ(stepLines(run.home()).size(), 3 + 3 + 6 + 1);
}

TEST(Shared, AListOfStoredPartsTravelsByReference) {
  auto run = shared(
      "  steps:\n  - {name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}\n"
      "  - {name: m, function: f, input: \"${steps.e.output}\"}\n",
      {1, 2}, [](const Dispatch& call) {
        Reply reply{std::string(call.input.view())};
        reply.spill = call.name == "e" && call.index[0] != 1;
        return reply;
      });
  run.start("[1,2,3]");
  EXPECT_EQ(run.result(), "[1,2,3]");
  run.settle();
  EXPECT_TRUE(run.clusterStore.empty());
  EXPECT_TRUE(run.nodeStoresEmpty());
}

TEST(Shared, FailuresEndTheRunAndRetriesStayWithTheOwner) {
  const auto flaky = [](const Dispatch& call) {
    return call.name == "t" && call.attempt < 3 ? failWith("Flaky") : echo(call);
  };
  const std::string spec =
      "  steps:\n  - {name: s, function: f}\n"
      "  - {name: t, function: f, after: [s], retry: {limit: %, backoff: {initial: 1ms}}}\n"
      "  - {name: w, wait: 1h}\n";
  const auto with = [&](const char* limit) {
    std::string text = spec;
    return text.replace(text.find('%'), 1, limit);
  };
  auto fails = shared(with("1"), {0, 1, 2}, flaky);
  fails.start("1");
  EXPECT_EQ(fails.result(), "Flaky: no");
  EXPECT_EQ(fails.home().error().step, "t");
  EXPECT_EQ(fails.home().error().attempts, 2);
  EXPECT_THAT(stepLines(fails.home()),
              ElementsAre("s[] Succeeded 1@a", "w[] Cancelled", "t[] Failed 1@b! 2@b!"));
  EXPECT_LT(fails.home().finishedAt() - fails.home().createdAt(), 1s);
}

TEST(Shared, ACatchRunsWithItsStep) {
  auto run = shared(
      "  steps:\n  - {name: s, function: f, input: bad, catch: [{on: [Bad], steps: [{name: k, function: f, "
      "input: \"${error.step}\"}]}]}\n  - {name: t, function: f, input: \"${steps.s.output}\"}\n",
      {1, 0}, [](const Dispatch& call) { return call.name == "s" ? failWith("Bad") : echo(call); });
  run.start("1");
  EXPECT_EQ(run.result(), "\"s\"");
  EXPECT_THAT(run.dispatchedBy, ElementsAre("b", "b", "a"));
}

TEST(Shared, CancellationAndTimeoutAreHomes) {
  for (const bool cancel : {true, false}) {
    SharedSimulation run(
        planOf("  timeout: 1s\n  steps: [{name: s, function: f}]\n"), innerPlan(), owned({1}),
        [](const Dispatch&) { return Reply{"1", 1h}; }, 1);
    run.start("1");
    run.agenda->advanceTo(run.agenda->clock.now() + 500ms);
    if (cancel) run.agent(0)->give(CancelAsked{});
    EXPECT_THAT(run.result(), HasSubstr(cancel ? "Cancelled" : "Timeout"));
    run.settle();
    EXPECT_EQ(run.agent(1)->cancelled.size(), 1);
  }
}

TEST(Shared, APartThatHoldsTooMuchEndsTheRun) {
  for (const AgentIndex agent : {0, 1}) {
    SharedSimulation run(
        planOf("  steps: [{name: s, function: f}, {name: t, function: f}]\n"), innerPlan(), owned({1, 0}),
        [](const Dispatch&) { return Reply{"1", 1h}; }, 1);
    run.start("1");
    run.agenda->advanceTo(run.agenda->clock.now() + 500ms);
    run.agent(agent)->give(GrewTooLarge{"too much"});
    EXPECT_EQ(run.result(), "RunTooLarge: too much");
    run.settle();
    EXPECT_EQ(run.agent(1)->cancelled.size(), 1);
  }
}

TEST(Shared, ASkippedStepGivesNullElsewhere) {
  auto run = shared(
      "  steps:\n  - {name: s, function: f, when: \"${false}\"}\n"
      "  - {name: t, function: f, input: [\"${steps.s.output}\"]}\n",
      {1, 2});
  run.start("1");
  EXPECT_EQ(run.result(), "[null]");
  EXPECT_THAT(stepLines(run.home()), ElementsAre("s[] Skipped", "t[] Succeeded 1@c"));
}

TEST(Shared, TheReceiptAddsUpAndTheWayIsTransport) {
  auto run = shared(kChain, {1, 2, 0},
                    [](const Dispatch& call) { return Reply{std::string(call.input.view()), 5ms}; });
  run.start("1");
  run.result();
  const calls::Receipt receipt = run.home().receipt();
  EXPECT_EQ(receipt.total(), run.home().finishedAt() - run.home().createdAt());
  EXPECT_EQ(receipt.exec, 15ms);
  EXPECT_GT(receipt.transport, 0ms);
  EXPECT_LE(receipt.transport, 12ms);  // four messages of at most 3 ms
}

Reply theFirstOfTHangs(const Dispatch& call) {
  return {std::string(call.input.view()), call.name == "t" && call.attempt == 1 ? 1h : 1ms};
}

TEST(Shared, ALostOwnersStepGoesOnElsewhere) {
  auto run = shared(kChain, {0, 1, 0}, theFirstOfTHangs);
  run.start("1");
  run.agenda->advanceTo(run.agenda->clock.now() + 100ms);
  run.restart(1, true, {2});
  EXPECT_EQ(run.result(), "[[1]]");
  EXPECT_THAT(run.dispatchedBy, ElementsAre("a", "b", "c", "a"));
  EXPECT_EQ(run.dispatched[2].attempt, 2);
  EXPECT_THAT(stepLines(run.home()),
              ElementsAre("s[] Succeeded 1@a", "t[] Succeeded 1@b! 2@c", "u[] Succeeded 1@a"));
  EXPECT_THAT(record(run.home(), nullptr), HasSubstr("the agent of node b restarted"));
}

TEST(Shared, ALostCallThatWasToldOfAsWaitingHasItsNumberInTheRecord) {
  auto run = shared(kChain, {0, 1, 0}, theFirstOfTHangs);
  run.start("1");
  while (run.dispatched.size() < 2) ASSERT_TRUE(run.agenda->next());
  run.agent(0)->give(*progressOf(run.agent(1)->run, 1));
  run.agenda->advanceTo(run.agenda->clock.now() + 100ms);
  run.restart(1, true, {2});
  EXPECT_EQ(run.result(), "[[1]]");
  EXPECT_THAT(stepLines(run.home()),
              ElementsAre("s[] Succeeded 1@a", "t[] Succeeded 1@b! 2@c", "u[] Succeeded 1@a"));
}

TEST(Shared, HomeTakesOverALostOwnersStep) {
  auto run = shared(kChain, {0, 1, 2}, theFirstOfTHangs);
  run.start("1");
  run.agenda->advanceTo(run.agenda->clock.now() + 100ms);
  run.restart(1, true, {0});
  EXPECT_EQ(run.result(), "[[1]]");
  EXPECT_THAT(stepLines(run.home()),
              ElementsAre("s[] Succeeded 1@a", "t[] Succeeded 1@b! 2@a", "u[] Succeeded 1@c"));
  const calls::Receipt receipt = run.home().receipt();
  EXPECT_EQ(receipt.total(), run.home().finishedAt() - run.home().createdAt());
}

// s is on b, in b's store, for t on b; b is lost with its store: both run again, in order, elsewhere.
TEST(Shared, AnOutputLostWithItsNodeIsMadeAgain) {
  const auto behaviour = [](const Dispatch& call) {
    Reply reply{std::string(call.input.view()), call.name == "t" && call.attempt == 1 ? 1h : 1ms};
    reply.spill = call.name == "s";
    return reply;
  };
  const std::string spec =
      "  steps:\n  - {name: p, function: f}\n  - {name: s, function: f, input: [\"${steps.p.output}\"]}\n"
      "  - {name: t, function: f, input: [\"${steps.s.output}\"]}\n"
      "  - {name: u, function: f, input: [\"${steps.t.output}\"]}\n";
  for (const bool storeLost : {true, false}) {
    auto run = shared(spec, {0, 1, 1, 0}, behaviour);
    run.start("1");
    run.agenda->advanceTo(run.agenda->clock.now() + 100ms);
    run.restart(1, storeLost, {static_cast<AgentIndex>(storeLost ? 2 : 1)});
    EXPECT_EQ(run.result(), "[[[1]]]");
    const std::size_t again = storeLost ? 2 : 1;
    EXPECT_EQ(std::ranges::count(run.dispatched, "s", &Dispatch::name), again);
    EXPECT_EQ(std::ranges::count(run.dispatched, "p", &Dispatch::name), 1);
    run.settle();
    EXPECT_TRUE(run.clusterStore.empty());
  }
}

TEST(Shared, TooManyLostOwnersFailTheStep) {
  auto run = shared(kChain, {0, 1, 0}, [](const Dispatch& call) {
    return Reply{std::string(call.input.view()), call.name == "t" ? 1h : 1ms};
  });
  run.start("1");
  for (std::uint32_t i = 0; i <= kBlamelessRetries; ++i) {
    run.agenda->advanceTo(run.agenda->clock.now() + 100ms);
    run.restart(1, true, {1});
  }
  EXPECT_EQ(run.result(), "PodLost: the agent of node b restarted");
  EXPECT_EQ(run.home().error().attempts, kBlamelessRetries + 1);
  EXPECT_THAT(stepLines(run.home()), ElementsAre("s[] Succeeded 1@a", "t[] Failed 1@b! 2@b! 3@b! 4@b!"));
}

TEST(Shared, AStepsTimeoutCountsFromItsFirstOwner) {
  SharedSimulation run(
      planOf("  steps: [{name: s, function: f, timeout: 1s}]\n"), innerPlan(), owned({1}),
      [](const Dispatch&) { return Reply{"1", 1h}; }, 1);
  run.start("1");
  run.agenda->advanceTo(run.agenda->clock.now() + 800ms);
  run.restart(1, true, {2});
  EXPECT_THAT(run.result(), HasSubstr("Timeout"));
  EXPECT_LT(run.home().finishedAt() - run.home().createdAt(), 1100ms);
}

TEST(Shared, ProgressShowsInTheRecord) {
  auto run = shared(kChain, {0, 1, 0}, [](const Dispatch& call) {
    return Reply{std::string(call.input.view()), call.name == "t" ? 1h : 1ms};
  });
  run.start("1");
  run.agenda->advanceTo(run.agenda->clock.now() + 100ms);
  EXPECT_THAT(stepLines(run.home()), ElementsAre("s[] Succeeded 1@a", "t[] Pending"));
  EXPECT_THAT(underWay(run.agent(1)->run), ElementsAre(1));
  run.agent(0)->give(*progressOf(run.agent(1)->run, 1));
  EXPECT_THAT(stepLines(run.home()), ElementsAre("s[] Succeeded 1@a", "t[] Running 1@b"));
}

}  // namespace
}  // namespace faasbatch::engine
