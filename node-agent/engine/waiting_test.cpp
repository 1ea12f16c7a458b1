#include "node-agent/engine/waiting.h"

#include <gmock/gmock.h>

#include "node-agent/engine/share.h"
#include "node-agent/engine/shared_samples.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

using testing::EndsWith;

// A run whose timers the test fires itself, and whose calls begin only where `starts` names their step.
struct Paused {
  explicit Paused(const std::string& spec, const std::string& starts = "") {
    auto set = std::make_shared<PlanSet>();
    set->main = planOf(spec);
    Accepted accepted{.id = "run-1", .plans = set};
    accepted.input.payload = base::Payload(std::string("[1,2,3]"));
    accepted.deadline = base::Instant{} + set->main->timeout;
    give(accepted, starts);
  }
  void give(decltype(Event::what) what, const std::string& starts) {
    for (const Command& command : apply(run, Event{base::Instant{}, std::move(what)})) {
      if (const auto* trigger = std::get_if<Trigger>(&command)) {
        give(StepReady{trigger->step, evaluate(run, trigger->step, {}, base::Instant{})}, starts);
      } else if (const auto* call = std::get_if<Dispatch>(&command)) {
        calls.push_back({call->step, call->attempt, call->name});
        if (call->name == starts) give(AttemptStarted{call->step, call->attempt, {}}, starts);
      } else if (const auto* set = std::get_if<SetTimer>(&command)) {
        timers.push_back(set->timer);
      }
    }
  }
  Run run;
  std::vector<WaitingCall> calls;
  std::vector<TimerKey> timers;
};

TEST(Waiting, FindsTheFirstCallThatHasNotBegunInsideWhatTheTimerBounds) {
  const Paused one("  steps: [{name: a, function: f}, {name: b, function: f, timeout: 1s}]\n", "a");
  ASSERT_EQ(one.timers.size(), 2);  // of the run, of b
  ASSERT_EQ(one.calls.size(), 2);
  EXPECT_EQ(waitingInside(one.run, one.timers[0]), one.calls[1]) << "a has begun";
  EXPECT_EQ(waitingInside(one.run, one.timers[1]), one.calls[1]);
  const Paused begun("  steps: [{name: a, function: f, timeout: 1s}, {name: b, function: f}]\n", "a");
  EXPECT_EQ(waitingInside(begun.run, begun.timers[1]), std::nullopt) << "b is not inside of a";
  EXPECT_EQ(waitingInside(begun.run, 99), std::nullopt);
}

TEST(Waiting, LooksIntoGroupsItemsAndTurns) {
  const Paused items(
      "  steps:\n  - name: each\n    foreach: {items: \"${input}\"}\n    timeout: 1s\n"
      "    steps: [{name: first, function: f}, {name: next, function: f}]\n",
      "first");
  ASSERT_EQ(items.calls.size(), 6);
  ASSERT_EQ(items.timers.size(), 2);
  EXPECT_EQ(waitingInside(items.run, items.timers[1]), items.calls[1]);
  const Paused turns("  steps: [{name: t, function: f, repeat: {until: \"${output}\"}}]\n");
  ASSERT_EQ(turns.calls.size(), 1);
  EXPECT_EQ(waitingInside(turns.run, turns.timers[0]), turns.calls[0]);
}

TEST(Waiting, TimersThatAreNoTimeoutsBoundNothing) {
  const Paused wait("  steps: [{name: w, wait: 1s}, {name: a, function: f}]\n");
  ASSERT_EQ(wait.timers.size(), 2);
  EXPECT_EQ(waitingInside(wait.run, wait.timers[1]), std::nullopt);
}

TEST(Waiting, ATimeoutSaysWhatItsEventSays) {
  Paused run("  timeout: 1s\n  steps: [{name: a, function: f}]\n");
  run.give(TimerFired{run.timers[0], "step \"a\" waits for a pod: no image"}, "");
  EXPECT_EQ(run.run.error().message, "the run did not end within 1s: step \"a\" waits for a pod: no image");
  Paused step("  steps: [{name: a, function: f, timeout: 1s}]\n");
  step.give(TimerFired{step.timers[1], "step \"a\" waits for a pod: no image"}, "");
  EXPECT_THAT(step.run.error().message, EndsWith("its timeout of 1s: step \"a\" waits for a pod: no image"));
}

// t is on b: home a knows what it waits for from b alone.
TEST(Waiting, ElsewhereIsAsItsOwnerToldLast) {
  auto run = shared(kChain, {0, 1, 0}, [](const Dispatch& call) {
    return Reply{std::string(call.input.view()), call.name == "t" ? 1h : 1ms};
  });
  run.start("7");
  while (run.dispatched.size() < 2) ASSERT_TRUE(run.agenda->next());
  const auto waiting = waitingAt(run.agent(1)->run, 1);
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->name, "t");
  EXPECT_EQ(waitingAt(run.agent(1)->run, 2), std::nullopt) << "u is not b's";
  const TimerKey timer = run.home().state().steps[kRunStep].active->timeout;
  EXPECT_EQ(waitsElsewhere(run.home(), timer), "");
  RemoteProgress progress = *progressOf(run.agent(1)->run, 1);
  progress.waits = "step \"t\" waits for a pod: no image";
  run.agent(0)->give(progress);
  EXPECT_EQ(waitsElsewhere(run.home(), timer), "step \"t\" waits for a pod: no image (on node b)");
  EXPECT_EQ(waitsElsewhere(run.home(), timer + 1), "");
  RemoteProgress begun = progress;
  begun.waits = "";
  run.agent(0)->give(begun);
  EXPECT_EQ(waitsElsewhere(run.home(), timer), "");
  run.agent(0)->give(progress);
  run.restart(1, true, {2});
  EXPECT_EQ(waitsElsewhere(run.home(), timer), "") << "b has it no more";
}

TEST(Waiting, WhatIsToldIsBounded) {
  const std::string longest(kMaxWaitsBytes, 'x');
  EXPECT_EQ(boundedWaits(longest), longest);
  const std::string cut = boundedWaits(longest + "x");
  EXPECT_EQ(cut.size(), kMaxWaitsBytes);
  EXPECT_THAT(cut, EndsWith("x..."));
  std::string umlauts;
  while (umlauts.size() <= kMaxWaitsBytes) umlauts += "\u00e4";
  EXPECT_THAT(boundedWaits(umlauts), EndsWith("\u00e4..."));
  EXPECT_LE(boundedWaits(umlauts).size(), kMaxWaitsBytes);
  EXPECT_LE(boundedWaits("x" + umlauts).size(), kMaxWaitsBytes);
  EXPECT_THAT(boundedWaits("x" + umlauts), EndsWith("\u00e4..."));
}

}  // namespace
}  // namespace faasbatch::engine
