// The run's receipt: parts along the critical path that add up.
#include <gmock/gmock.h>

#include "node-agent/engine/random_plan.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

// Each call: 2 ms in the queue, then as many milliseconds in the handler as its input says (a number, or a
// list that begins with one).
Reply timed(const Dispatch& call) {
  const std::string input(call.input.view());
  const base::Duration exec = 1ms * std::strtol(input.c_str() + (input[0] == '[' ? 1 : 0), nullptr, 10);
  Reply reply{input, exec + 2ms};
  reply.receipt.queue = 2ms;
  reply.receipt.exec = exec;
  return reply;
}

calls::Receipt receiptOf(const std::string& spec, const std::string& input = "null",
                         Behaviour behaviour = timed) {
  Simulation sim(planOf(spec), std::move(behaviour));
  sim.resultOf(input);
  EXPECT_TRUE(sim.run.ended());
  const calls::Receipt receipt = sim.run.receipt();
  EXPECT_EQ(receipt.total(), sim.run.finishedAt() - sim.run.createdAt());
  return receipt;
}

calls::Receipt parts(base::Duration queue, base::Duration exec, base::Duration wait = 0ms,
                     base::Duration engine = 0ms) {
  return {.engine = engine, .queue = queue, .exec = exec, .wait = wait};
}

void expectParts(const calls::Receipt& got, const calls::Receipt& expected) {
  EXPECT_EQ(got.queue, expected.queue);
  EXPECT_EQ(got.exec, expected.exec);
  EXPECT_EQ(got.wait, expected.wait);
  EXPECT_EQ(got.engine, expected.engine);
}

TEST(Receipt, AddsUpAChain) {
  expectParts(
      receiptOf(
          "  steps: [{name: a, function: f, input: 5}, {name: b, function: f, input: 7, after: [a]}]\n"),
      parts(4ms, 12ms));
}

TEST(Receipt, GoesByTheStepThatEndedLast) {
  expectParts(receiptOf("  steps: [{name: a, function: f, input: 5}, {name: b, function: f, input: 70}, "
                        "{name: c, function: f, input: 1, after: [a, b]}]\n"),
              parts(4ms, 71ms));
}

TEST(Receipt, CountsItemsBehindTheBound) {
  expectParts(
      receiptOf("  steps: [{name: e, foreach: {items: \"${[9, 1, 1, 1]}\", maxConcurrency: 1}, function: f, "
                "input: \"${item}\"}]\n"),
      parts(8ms, 12ms));
  expectParts(
      receiptOf("  steps: [{name: e, foreach: {items: \"${[9, 1, 1]}\", maxConcurrency: 2}, function: f, "
                "input: \"${item}\"}]\n"),
      parts(2ms, 9ms));
}

TEST(Receipt, CountsWaitsDelaysAndBackoff) {
  expectParts(receiptOf("  steps: [{name: w, wait: 30ms}, {name: a, function: f, input: 5, after: [w]}]\n"),
              parts(2ms, 5ms, 30ms));
  expectParts(
      receiptOf(
          "  steps: [{name: r, repeat: {until: \"${index == 2}\", delay: 10ms}, function: f, input: 1}]\n"),
      parts(6ms, 3ms, 20ms));
  int calls = 0;
  const auto flaky = [&calls](const Dispatch& call) {
    Reply reply = timed(call);
    if (++calls < 3) reply.outcome = failWith("Flaky").outcome;
    return reply;
  };
  const auto receipt = receiptOf(
      "  steps: [{name: a, function: f, input: 5, retry: {limit: 5, backoff: {initial: 1s, factor: 1}}}]\n",
      "null", flaky);
  EXPECT_EQ(receipt.queue, 6ms);
  EXPECT_EQ(receipt.exec, 15ms);
  EXPECT_EQ(receipt.engine, 0ms);
  EXPECT_GT(receipt.wait, 0ms);
}

TEST(Receipt, GoesThroughGroupsRetriesAndCatches) {
  int calls = 0;
  const auto flaky = [&calls](const Dispatch& call) {
    Reply reply = timed(call);
    if (call.name == "b" && ++calls < 3) reply.outcome = failWith("Flaky").outcome;
    return reply;
  };
  const auto receipt = receiptOf(
      "  steps:\n  - name: g\n    retry: {limit: 1, backoff: {initial: 1s}}\n    steps:\n"
      "    - {name: a, function: f, input: 10}\n    - {name: b, function: f, input: 1, after: [a]}\n"
      "    catch: [{on: [\"*\"], steps: [{name: c, function: f, input: 100}]}]\n",
      "null", flaky);
  EXPECT_EQ(receipt.exec, 10ms + 1ms + 10ms + 1ms + 100ms);
  EXPECT_EQ(receipt.queue, 10ms);
  EXPECT_GT(receipt.wait, 0ms);
  EXPECT_EQ(receipt.engine, 0ms);
}

TEST(Receipt, DoesNotBelieveMoreThanThereWasTimeFor) {
  const auto receipt = receiptOf("  steps: [{name: a, function: f}]\n", "null", [](const Dispatch&) {
    Reply reply{"1", 5ms};
    reply.receipt = {.queue = 2ms, .exec = 100s, .store = -3ms};
    return reply;
  });
  EXPECT_EQ(receipt.total(), 5ms);
  EXPECT_GE(receipt.engine, 0ms);
  EXPECT_GE(receipt.store, 0ms);
}

TEST(Receipt, OfACancelledRunStillAddsUp) {
  Simulation sim(planOf("  timeout: 1s\n  steps: [{name: w, wait: 100ms}, {name: a, function: f, input: "
                        "5000, after: [w]}]\n"),
                 timed);
  sim.resultOf("null");
  EXPECT_EQ(sim.run.receipt().total(), 1s);
  EXPECT_EQ(sim.run.receipt().wait, 100ms);
  EXPECT_EQ(sim.run.receipt().exec, 900ms);
}

class RandomReceipt : public testing::TestWithParam<int> {};

TEST_P(RandomReceipt, AddsUpWithNothingUnexplained) {
  const auto seed = static_cast<std::uint32_t>(GetParam());
  Simulation sim(planOf(RandomPlan(seed).spec(), {"f", "fr"}), [](const Dispatch& call) {
    const std::size_t hash = std::hash<std::string_view>{}(call.input.view()) + call.attempt;
    if (hash % 7 == 0) return failWith("Flaky");
    Reply reply{std::to_string(hash % 1000), base::Duration(1ms * (hash % 9))};
    reply.receipt.exec = reply.takes;
    return reply;
  });
  sim.with(planOf("  steps: [{name: x, function: f}]\n", {"f"}, "inner"));
  sim.resultOf("1");
  ASSERT_TRUE(sim.run.ended());
  const calls::Receipt receipt = sim.run.receipt();
  EXPECT_EQ(receipt.total(), sim.run.finishedAt() - sim.run.createdAt());
  // Evaluations take no time here: whatever is left to the engine is a hole in the path.
  EXPECT_EQ(receipt.engine, 0ns);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomReceipt, testing::Range(0, 200));

}  // namespace
}  // namespace faasbatch::engine
