// Retry, catch, fail fast, timeouts, cancelling.
#include <gmock/gmock.h>

#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// Answers the n-th call as the n-th entry says: an error type, or "" for an echo.
Behaviour script(std::vector<std::string> types, bool blameless = false) {
  return [types, blameless, n = std::size_t{0}](const Dispatch& call) mutable {
    const std::string type = n < types.size() ? types[n] : "";
    ++n;
    return type.empty() ? echo(call) : failWith(type, "no", blameless);
  };
}

const char* const kRetried =
    "  steps: [{name: s, function: f, retry: {limit: 2, on: [Flaky], backoff: {initial: 1s}}}]\n";

TEST(Retry, TriesAgainAsOftenAsItsLimitSays) {
  Simulation sim(planOf(kRetried), script({"Flaky", "Flaky"}));
  EXPECT_EQ(sim.resultOf("7"), "7");
  EXPECT_EQ(sim.dispatched[2].attempt, 3);
  EXPECT_GT(sim.run.finishedAt() - sim.run.createdAt(), 3ms);
  Simulation more(planOf(kRetried), script({"Flaky", "Flaky", "Flaky"}));
  EXPECT_EQ(more.resultOf("7"), "Flaky: no");
  EXPECT_EQ(more.run.error().attempts, 3);
}

TEST(Retry, OnlyOnTheTypesItNames) {
  Simulation sim(planOf(kRetried), script({"ValueError"}));
  EXPECT_EQ(sim.resultOf("7"), "ValueError: no");
  EXPECT_EQ(sim.dispatched.size(), 1);
}

TEST(Retry, OfABlamelessFailureCostsNothing) {
  Simulation sim(planOf("  steps: [{name: s, function: f}]\n"), script({"PodLost", "WorkerCrashed"}, true));
  EXPECT_EQ(sim.resultOf("7"), "7");
  EXPECT_EQ(sim.run.finishedAt() - sim.run.createdAt(), 3ms);
  ASSERT_EQ(sim.dispatched.size(), 3);
  Simulation often(planOf("  steps: [{name: s, function: f}]\n"),
                   script({"PodLost", "PodLost", "PodLost", "PodLost"}, true));
  EXPECT_EQ(often.resultOf("7"), "PodLost: no");
  EXPECT_EQ(often.dispatched.size(), kBlamelessRetries + 1);
}

// Each try is further away from other calls than the one before.
TEST(Retry, KeepsACallApartFromMatesThatItMayHaveCost) {
  using Apart = std::pair<bool, bool>;  // isolate, alone
  const Apart none{false, false};
  const Apart process{true, false};
  const Apart pod{true, true};
  const struct {
    std::vector<std::string> failures;
    std::vector<Apart> tries;
  } kCases[] = {
      {{"PodLost"}, {none, pod}},
      {{"WorkerCrashed"}, {none, process}},
      {{"WorkerCrashed", "WorkerCrashed"}, {none, process, pod}},
      {{"WorkerCrashed", "PodLost"}, {none, process, pod}},
      {{"PodLost", "WorkerCrashed"}, {none, pod, pod}},
      {{"NoCapacity", "NoCapacity"}, {none, none, none}},
  };
  for (const auto& c : kCases) {
    Simulation sim(planOf("  steps: [{name: s, function: f}]\n"), script(c.failures, true));
    EXPECT_EQ(sim.resultOf("7"), "7");
    std::vector<Apart> tries;
    tries.reserve(sim.dispatched.size());
    for (const Dispatch& call : sim.dispatched) tries.emplace_back(call.isolate, call.alone);
    EXPECT_EQ(tries, c.tries) << testing::PrintToString(c.failures);
  }
}

TEST(Retry, IsKnownBeforehand) {
  Simulation sim(planOf(kRetried), [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  while (sim.dispatched.empty()) sim.next();
  const StepId step = sim.dispatched[0].step;
  EXPECT_TRUE(triesAgain(sim.run, step, {"PodLost", "m", "", true})) << "blameless";
  EXPECT_FALSE(triesAgain(sim.run, step, {"PodLost", "m", "", false}));
  EXPECT_TRUE(triesAgain(sim.run, step, {"Flaky", "m", "", false})) << "by its policy";
  EXPECT_FALSE(triesAgain(sim.run, 99, {"Flaky", "m", "", true}));
}

TEST(Retry, AnAttemptThatHasFailedCanBeExplainedLater) {
  Simulation sim(planOf("  steps: [{name: s, function: f}]\n"), script({"PodLost"}, true));
  sim.start("7");
  while (sim.dispatched.size() < 2) sim.next();
  sim.give(AttemptExplained{sim.dispatched[0].step, 1, "OOMKilled"});
  sim.give(AttemptExplained{sim.dispatched[0].step, 2, "of one that has not failed"});
  sim.give(AttemptExplained{99, 1, "of no step"});
  EXPECT_EQ(sim.result(), "7");
  const State& s = sim.run.state();
  EXPECT_EQ(s.attempts[0].error->message, "no: OOMKilled");
  EXPECT_FALSE(s.attempts[1].error);
}

TEST(Retry, OfACallThatNeverGotIntoAPodIsAnOrdinaryOne) {
  Simulation sim(planOf("  steps: [{name: s, function: f}]\n"),
                 [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  while (sim.dispatched.empty()) sim.next();
  AttemptEnded lost{.step = sim.dispatched[0].step, .attempt = 1, .where = {.node = "local"}};
  lost.outcome = std::unexpected(calls::CallError{"PodLost", "no pod loads it", "", true});
  sim.give(std::move(lost));
  ASSERT_EQ(sim.dispatched.size(), 2);
  EXPECT_FALSE(sim.dispatched[1].isolate || sim.dispatched[1].alone);
}

TEST(Retry, OfAGroupRunsAllOfItAnew) {
  Simulation sim(planOf("  steps:\n  - name: g\n    retry: {limit: 1, backoff: {initial: 1s}}\n    steps:\n"
                        "    - {name: a, function: f, input: 1}\n    - {name: b, function: f, input: "
                        "\"${steps.a.output}\"}\n"),
                 script({"", "Flaky"}));
  EXPECT_EQ(sim.resultOf("null"), "1");
  EXPECT_EQ(sim.calls("a"), 2);
  EXPECT_EQ(sim.calls("b"), 2);
}

const char* const kCaught =
    "  steps:\n  - name: s\n    function: f\n    catch:\n"
    "    - {on: [KeyError], steps: [{name: no, function: f, input: wrong}]}\n"
    "    - {on: [\"*\"], steps: [{name: yes, function: f, input: \"${error}\"}]}\n"
    "    - {on: [Declined], steps: [{name: late, function: f, input: wrong}]}\n"
    "  - {name: t, function: f, input: \"${steps.s.output}\"}\n";

TEST(Catch, RunsTheFirstThatMatches) {
  Simulation sim(planOf(kCaught), script({"Declined"}));
  EXPECT_EQ(sim.resultOf("1"), R"({"type":"Declined","message":"no","step":"s","attempts":1})");
  EXPECT_EQ(sim.run.status(), RunStatus::kSucceeded);
}

TEST(Catch, DoesNotCatchItsOwnFailures) {
  Simulation sim(planOf(kCaught), script({"Declined", "Worse"}));
  EXPECT_EQ(sim.resultOf("1"), "Worse: no");
  EXPECT_EQ(sim.run.error().step, "yes");
}

TEST(Catch, OfAGroupNamesTheStepThatFailed) {
  Simulation sim(
      planOf("  steps:\n  - name: g\n    steps: [{name: inner, function: f}, {name: beside, wait: 1h}]\n"
             "    catch: [{on: [Bad], steps: [{name: c, function: f, input: \"${error.step}\"}]}]\n"),
      script({"Bad"}));
  EXPECT_EQ(sim.resultOf("1"), "\"inner\"");
  EXPECT_LT(sim.run.finishedAt() - sim.run.createdAt(), 1s);
}

TEST(Catch, NeverCatchesCancelled) {
  Simulation sim(
      planOf("  steps:\n  - {name: s, fail: {type: Cancelled, message: x}, catch: "
             "[{on: [\"*\", Cancelled], steps: [{name: c, function: f}]}]}\n"));
  EXPECT_EQ(sim.resultOf("1"), "Cancelled: x");
  EXPECT_EQ(sim.run.status(), RunStatus::kCancelled);
}

TEST(Failure, CancelsWhatRunsBeside) {
  Simulation sim(planOf("  steps: [{name: a, function: f}, {name: b, function: f}, {name: w, wait: 1h}]\n"),
                 [](const Dispatch& call) { return call.name == "a" ? failWith("Bad") : Reply{"1", 10s}; });
  EXPECT_EQ(sim.start("1").result(), "Bad: no");
  EXPECT_EQ(sim.cancelled.size(), 1);
  EXPECT_EQ(sim.run.finishedAt() - sim.run.createdAt(), 1ms);
}

TEST(Timeout, OfAStepCoversAllItsAttempts) {
  Simulation sim(planOf("  steps: [{name: s, function: f, timeout: 10s, retry: {limit: 100, backoff: "
                        "{initial: 1s, max: 1s}}}]\n"),
                 [](const Dispatch&) { return Reply{failWith("Flaky").outcome, 3s}; });
  EXPECT_THAT(sim.resultOf("1"), StartsWith("Timeout: the step did not end within its timeout of 10s"));
  EXPECT_EQ(sim.run.status(), RunStatus::kTimedOut);
  EXPECT_EQ(sim.run.finishedAt() - sim.run.createdAt(), 10s);
}

TEST(Timeout, OfAGroupCancelsWhatIsInsideAndCanBeCaught) {
  Simulation sim(
      planOf("  steps:\n  - name: g\n    timeout: 2s\n    steps: [{name: a, function: f}]\n"
             "    catch: [{on: [Timeout], steps: [{name: c, function: f, input: \"${error.type}\"}]}]\n"),
      [](const Dispatch& call) {
        return Reply{std::string(call.input.view()), call.name == "a" ? 10s : 5s};
      });
  EXPECT_EQ(sim.resultOf("1"), "\"Timeout\"");
  EXPECT_EQ(sim.cancelled.size(), 1);
  EXPECT_EQ(sim.dispatched[0].deadline, sim.run.createdAt() + 2s);
  EXPECT_EQ(sim.dispatched[1].deadline, sim.run.accepted().deadline);
}

TEST(Timeout, OfTheRunEndsEverything) {
  Simulation sim(planOf("  timeout: 1s\n  steps: [{name: a, function: f}, {name: b, wait: 1h}]\n"),
                 [](const Dispatch&) { return Reply{"1", 10s}; });
  EXPECT_EQ(sim.resultOf("1"), "Timeout: the run did not end within 1s");
  EXPECT_EQ(sim.run.status(), RunStatus::kTimedOut);
  EXPECT_EQ(sim.cancelled.size(), 1);
}

TEST(Timeout, OfAnAttemptIsAnOrdinaryFailure) {
  Simulation sim(planOf("  steps: [{name: s, function: f, retry: {limit: 1}}]\n"), script({"Timeout"}));
  EXPECT_EQ(sim.resultOf("4"), "4");
  Simulation last(planOf("  steps: [{name: s, function: f}]\n"), script({"Timeout"}));
  EXPECT_EQ(last.resultOf("4"), "Timeout: no");
  EXPECT_EQ(last.run.status(), RunStatus::kTimedOut);
}

TEST(Cancel, EndsTheRunAtOnce) {
  Simulation sim(planOf("  steps:\n  - name: g\n    steps: [{name: a, function: f}]\n"
                        "    catch: [{on: [\"*\"], steps: [{name: c, function: f}]}]\n"),
                 [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  sim.advanceTo(sim.clock.now() + 1s);
  sim.give(CancelAsked{});
  EXPECT_TRUE(sim.run.ended());
  EXPECT_EQ(sim.run.status(), RunStatus::kCancelled);
  EXPECT_EQ(sim.run.error().type, "Cancelled");
  EXPECT_EQ(sim.cancelled.size(), 1);
  EXPECT_EQ(sim.answers, 1);
}

TEST(Bounds, EndARunOfTooManySteps) {
  Simulation sim(planOf("  steps: [{name: a, function: f}, {name: b, function: f, after: [a]}]\n"));
  sim.start("1");
  sim.run.state().steps.resize(kMaxStepInstances);  // as if so many had ended
  EXPECT_THAT(sim.result(), StartsWith("TooManySteps"));
  EXPECT_EQ(sim.answers, 1);
}

TEST(Bounds, EndARunThatHoldsTooMuch) {
  Simulation sim(planOf("  steps:\n  - name: g\n    steps: [{name: a, function: f}]\n"
                        "    retry: {limit: 1}\n"
                        "    catch: [{on: [\"*\"], steps: [{name: c, function: f}]}]\n"),
                 [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  sim.advanceTo(sim.clock.now() + 1s);
  sim.give(GrewTooLarge{"it holds 2 bytes"});
  EXPECT_EQ(sim.run.status(), RunStatus::kFailed);
  EXPECT_EQ(sim.result(), "RunTooLarge: it holds 2 bytes") << "nothing catches it";
  EXPECT_EQ(sim.cancelled.size(), 1);
  EXPECT_EQ(sim.calls("c"), 0);
  EXPECT_EQ(sim.answers, 1);
}

TEST(SubWorkflow, GetsItsInputAndGivesItsOutput) {
  const auto inner = planOf(
      "  steps: [{name: x, function: f, input: \"${input.n + 1}\"}]\n  output: {got: "
      "\"${steps.x.output}\"}\n",
      {"f"}, "inner");
  Simulation sim(planOf(
      "  steps: [{name: sub, foreach: {items: \"${input}\"}, workflow: inner, input: {n: \"${item}\"}}]\n"));
  sim.with(inner);
  EXPECT_EQ(sim.resultOf("[1,2]"), R"([{"got":2},{"got":3}])");
  EXPECT_EQ(sim.dispatched[0].plan, inner);
  EXPECT_THAT(sim.dispatched[1].index, ElementsAre(1));
}

TEST(SubWorkflow, ThatIsMissingOrEndlessFails) {
  const auto outer = planOf("  steps: [{name: s, workflow: gone, retry: {limit: 3}}]\n");
  EXPECT_THAT(Simulation(outer).resultOf("1"), StartsWith("WorkflowNotFound"));
  const auto endless = planOf("  steps: [{name: s, workflow: endless}]\n", {}, "endless");
  EXPECT_THAT(Simulation(endless).with(endless).resultOf("1"), StartsWith("WorkflowTooDeep"));
}

TEST(SubWorkflow, HasItsOwnTimeout) {
  const auto inner = planOf("  timeout: 1s\n  steps: [{name: x, function: f}]\n", {"f"}, "inner");
  int calls = 0;
  Simulation sim(planOf("  steps: [{name: s, workflow: inner, retry: {limit: 1}}]\n"),
                 [&](const Dispatch&) { return Reply{"1", ++calls == 1 ? 10s : 1ms}; });
  sim.with(inner);
  EXPECT_EQ(sim.resultOf("1"), "1");
  EXPECT_EQ(sim.dispatched.size(), 2);
}

}  // namespace
}  // namespace faasbatch::engine
