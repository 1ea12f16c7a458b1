// Outputs in stores: who needs them, and when they are let go.
#include "node-agent/engine/output.h"

#include <gmock/gmock.h>

#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OutputRef stored(std::string key) {
  return {.store = OutputRef::Store::kNode, .key = std::move(key), .size = 100};
}
OutputRef text(std::string json) { return inlineRef(base::Payload(std::move(json))); }

TEST(Output, GivesItsKeyBackWhenTheLastUserGoes) {
  Ledger ledger;
  OutputPtr a = Output::of(stored("k1"), ledger);
  OutputPtr list = Output::list({a, nullptr}, ledger);
  EXPECT_EQ(ledger.stored, 1);
  a.reset();
  EXPECT_THAT(ledger.dropped, IsEmpty());
  list.reset();
  EXPECT_THAT(ledger.dropped, ElementsAre(StoreKey{OutputRef::Store::kNode, "k1"}));
  EXPECT_EQ(ledger.stored, 0);
  EXPECT_EQ(ledger.bytes, 0);
}

TEST(Output, JoinsAndReadsNoMoreOfAListThanMayBeHeld) {
  Ledger ledger;
  const std::size_t half = kMaxJoinedBytes / 2;
  const OutputPtr large = Output::of(text('"' + std::string(half, 'x') + '"'), ledger);
  EXPECT_TRUE(Output::list({large}, ledger)->text({}));
  const auto joined = Output::list({large, large}, ledger)->text({});
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().kind, "ExpressionFailed");
  EXPECT_THAT(joined.error().message, testing::HasSubstr(std::to_string(kMaxJoinedBytes)));
  // Its text is short, what it is read to is not.
  std::string many = "[0";
  while (many.size() < kMaxItemsBytes / 200) many += ",0";
  const OutputPtr numbers = Output::of(text(many + "]"), ledger);
  ASSERT_TRUE(Output::list({numbers}, ledger)->value({}));
  const auto read = Output::list(std::vector(20, numbers), ledger)->value({});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, "ExpressionFailed");
  EXPECT_THAT(read.error().message, testing::HasSubstr(std::to_string(kMaxItemsBytes)));
}

TEST(Output, OfARunThatIsTooLongFailsIt) {
  Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f}]\n"),
                 [](const Dispatch&) { return Reply{'"' + std::string(kMaxJoinedBytes / 3, 'x') + '"'}; });
  EXPECT_THAT(sim.resultOf("[1,2,3]"),
              testing::StartsWith("ExpressionFailed: the outputs of the foreach have"));
  EXPECT_EQ(sim.answers, 1);
}

TEST(Output, JoinsAListInOrder) {
  Ledger ledger;
  const OutputPtr list =
      Output::list({Output::of(text("1"), ledger), nullptr, Output::of(stored("k"), ledger)}, ledger);
  std::vector<StoreKey> keys;
  list->textKeys(keys);
  EXPECT_THAT(keys, ElementsAre(StoreKey{OutputRef::Store::kNode, "k"}));
  EXPECT_EQ(list->text({}).error().kind, "StoreUnavailable");
  EXPECT_EQ(list->text({{"k", base::Payload("{}")}})->view(), "[1,null,{}]");
  const auto value = list->value({{"k", base::Payload("{}")}});
  ASSERT_TRUE(value);
  EXPECT_EQ((*value)->toJson(), "[1,null,{}]");
}

TEST(Output, IsParsedOnceAndThenNeedsNoBlob) {
  Ledger ledger;
  const OutputPtr output = Output::of(stored("k"), ledger);
  const auto first = output->value({{"k", base::Payload("[1]")}});
  ASSERT_TRUE(first);
  EXPECT_EQ(*output->value({}), *first);
  std::vector<StoreKey> keys;
  output->valueKeys(keys);
  EXPECT_THAT(keys, IsEmpty());
  EXPECT_EQ(Output::of(text("{"), ledger)->value({}).error().kind, "ExpressionFailed");
}

Reply spilled(const Dispatch& call) {
  Reply reply = echo(call);
  reply.spill = true;
  return reply;
}

TEST(Spill, IsFetchedByThoseWhoLookAndReleasedAfterTheLast) {
  Simulation sim(planOf("  steps:\n  - {name: a, function: f, input: [1]}\n"
                        "  - {name: b, function: f, input: \"${steps.a.output}\"}\n"
                        "  - {name: c, function: f, input: \"${size(steps.b.output)}\"}\n"
                        "  - {name: d, wait: 1s, after: [c]}\n  - {name: e, function: f, after: [d]}\n"),
                 spilled);
  sim.start("1");
  sim.advanceTo(sim.clock.now() + 500ms);
  EXPECT_THAT(sim.releasedKeys, ElementsAre("k1.1", "k2.1"));
  EXPECT_EQ(sim.result(), "1");
  EXPECT_EQ(sim.store.size(), 1);  // the run's output
  EXPECT_EQ(sim.run.output().store, OutputRef::Store::kNode);
}

TEST(Spill, OfForeachItemsIsJoinedForTheRunsOutput) {
  Simulation sim(
      planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}]\n"),
      spilled);
  EXPECT_EQ(sim.resultOf("[1,2,3]"), "[1,2,3]");
  EXPECT_THAT(sim.store, IsEmpty());
}

TEST(Spill, OfTheRunsInputIsReadByThoseWhoLook) {
  Simulation sim(
      planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item + "
             "size(input)}\"}]\n"));
  sim.store["in"] = base::Payload("[1,2]");
  Accepted accepted{.id = "r", .plans = sim.planSet(), .input = stored("in")};
  accepted.deadline = base::Instant::never();
  sim.give(accepted);
  EXPECT_EQ(sim.result(), "[3,4]");
  EXPECT_THAT(sim.releasedKeys, ElementsAre("in"));
}

TEST(Spill, ThatIsLostFailsTheStepAndIsRetried) {
  const auto plan = planOf(
      "  steps: [{name: a, function: f}, {name: b, function: f, input: \"${steps.a.output}\", "
      "retry: {limit: 1, backoff: {initial: 1s, max: 1s}}}]\n");
  Simulation sim(plan, spilled);
  sim.start("1");
  while (sim.store.empty()) sim.next();
  auto kept = std::exchange(sim.store, {});
  EXPECT_THAT(sim.result(), testing::StartsWith("StoreUnavailable"));
  Simulation again(plan, spilled);
  again.start("1");
  while (again.store.empty()) again.next();
  kept = std::exchange(again.store, {});
  again.next();
  again.store = kept;
  EXPECT_EQ(again.result(), "1");
}

TEST(Spill, OfALateAttemptIsReleased) {
  Simulation sim(planOf("  timeout: 1s\n  steps: [{name: a, function: f}]\n"),
                 [](const Dispatch&) { return Reply{"1", 9s}; });
  sim.start("1");
  sim.result();
  ASSERT_TRUE(sim.run.ended());
  AttemptEnded late{.step = sim.dispatched[0].step, .attempt = 1, .outcome = stored("late")};
  sim.give(late);
  EXPECT_THAT(sim.releasedKeys, ElementsAre("late"));
}

}  // namespace
}  // namespace faasbatch::engine
