// The way of a call through the dispatcher, with pods that do as they should.
#include "node-agent/batching/dispatcher.h"

#include <gmock/gmock.h>

#include "node-agent/batching/dispatcher_harness.h"

namespace faasbatch::batching {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST(Dispatcher, BringsACallToAPodAndBack) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit(R"({"a": 1})");
  h.untilDone(1);
  ASSERT_EQ(h.outcome(id), R"({"a": 1})");
  const calls::CallResult& result = h.results.at(id);
  EXPECT_EQ(h.started[id], 1);
  EXPECT_EQ(result.where.node, "local");
  EXPECT_EQ(result.where.batchSize, 1U);
  EXPECT_FALSE(result.where.pod.empty());
  EXPECT_FALSE(result.where.batch.empty());
}

TEST(Dispatcher, ReceiptsAddUpToTheWholeTime) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  h.submitMany(3);
  h.untilDone(3);
  const auto warm = h.submit();
  h.untilDone(4);
  for (const auto& [id, result] : h.results) {
    EXPECT_GE(result.receipt.total(), result.finishedAt - result.startedAt);
    EXPECT_LE(result.receipt.total(), result.finishedAt - h.submittedAt[id]);
    EXPECT_EQ(result.receipt.store, std::chrono::microseconds(1));
    EXPECT_EQ(result.receipt.exec, std::chrono::microseconds(1));
  }
  EXPECT_GT(h.results.at(1).receipt.cold.count(), 0);
  EXPECT_EQ(h.results.at(warm).receipt.cold.count(), 0);
  EXPECT_EQ(h.results.at(warm).receipt.window.count(), 0);
}

TEST(Dispatcher, SendsABurstToAColdFunctionIntoOnePod) {
  Harness h;
  auto spec = Harness::spec();
  spec.concurrency.limit = 100;
  spec.batching.maxSize = 100;
  h.dispatcher->apply(kKey, spec);
  h.submitMany(100, R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 100; });
  EXPECT_EQ(h.scripted.created, 1U);
  EXPECT_THAT(h.scripted.batches, ElementsAre(100));
  h.scripted.release();
  h.untilDone(100);
  EXPECT_EQ(h.scripted.created, 1U);
}

TEST(Dispatcher, SeesCallsOfOneTurnTogetherAndKeepsTheirOrder) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  h.submit();
  h.untilDone(1);
  for (int i = 0; i < 8; ++i) h.submit(std::to_string(i));
  h.untilDone(9);
  EXPECT_THAT(h.scripted.batches, ElementsAre(1, 8));
  EXPECT_THAT(h.scripted.seen, ElementsAre("null", "0", "1", "2", "3", "4", "5", "6", "7"));
}

TEST(Dispatcher, AnswersEachCallWhenItEndsNotWhenItsBatchEnds) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto slow = h.submit(R"({"do":"wait"})");
  const auto quick = h.submit("1");
  h.untilDone(1);
  EXPECT_EQ(h.outcome(quick), "1");
  h.scripted.release();
  h.untilDone(2);
  EXPECT_EQ(h.results.at(slow).where.batch, h.results.at(quick).where.batch);
}

TEST(Dispatcher, KeepsWithinTheSlotsOfAPod) {
  Harness h;
  auto spec = Harness::spec();
  spec.concurrency.limit = 4;
  spec.pool.maxPods = 1;
  h.dispatcher->apply(kKey, spec);
  h.submitMany(10, R"({"do":"wait"})");
  for (std::size_t done = 4; done < 10; done += 4) {
    h.until([&] { return h.scripted.waiting() == std::min<std::size_t>(4, 10 - (done - 4)); });
    EXPECT_EQ(h.status().running, h.scripted.waiting());
    h.scripted.release();
    h.untilDone(done);
  }
  h.until([&] { return h.scripted.waiting() == 2; });
  h.scripted.release();
  h.untilDone(10);
  EXPECT_EQ(h.scripted.created, 1U);
}

TEST(Dispatcher, PassesOnErrorsAndLogs) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto fails = h.submit(R"({"do":"fail"})");
  const auto logs = h.submit(R"({"do":"log"})");
  const auto crash = h.submit(R"({"do":"crash","alone":false})");
  const auto alone = h.submit(R"({"do":"crash","alone":true})");
  h.untilDone(4);
  EXPECT_EQ(h.results.at(fails).outcome.error(),
            (calls::CallError{.type = "ValueError", .message = "no", .traceback = "tb"}));
  ASSERT_EQ(h.logs[logs].size(), 2U);
  EXPECT_EQ(h.logs[logs][1].stream, "stderr");
  EXPECT_TRUE(h.results.at(crash).outcome.error().blameless);
  EXPECT_FALSE(h.results.at(alone).outcome.error().blameless);
}

TEST(Dispatcher, SplitsBatchesByBytes) {
  auto options = Harness::quiet();
  options.maxBatchBytes = 10'000;
  Harness h(options);
  h.dispatcher->apply(kKey, Harness::spec());
  const std::string big = "\"" + std::string(4'000, 'x') + "\"";
  h.submitMany(5, big);
  h.submit("\"" + std::string(50'000, 'y') + "\"");
  h.untilDone(6);
  EXPECT_THAT(h.scripted.batches, UnorderedElementsAre(2, 2, 1, 1));  // each on its own connection
}

TEST(Dispatcher, RefusesCallsItCannotKeep) {
  Harness h;
  EXPECT_EQ((h.submit(), h.refused.at(1).kind), "FunctionNotFound");
  auto spec = Harness::spec();
  spec.batching.maxQueue = 3;
  h.scripted.holdStarts = true;
  h.dispatcher->apply(kKey, spec);
  h.submitMany(4);
  EXPECT_EQ(h.refused.size(), 2U);
  EXPECT_EQ(h.refused.at(5).kind, "QueueFull");
  EXPECT_THAT(h.refused.at(5).message, HasSubstr("default/wf/f has 3 calls waiting"));
  h.scripted.startHeld();
  h.untilDone(3);
}

TEST(Dispatcher, CountsOnlyCallsThatMustWaitAgainstTheQueue) {
  Harness h;
  auto spec = Harness::spec();
  spec.batching.maxQueue = 3;
  spec.concurrency.limit = 10;
  h.dispatcher->apply(kKey, spec);
  h.submit();
  h.untilDone(1);
  h.submitMany(14);  // ten leave at once, three wait
  EXPECT_EQ(h.refused.size(), 1U);
  h.untilDone(14);
}

TEST(Dispatcher, EndsACallWhoseDeadlinePassesInTheQueue) {
  Harness h;
  h.scripted.holdStarts = true;
  h.scripted.waitFor = "ContainerCreating";
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id =
      h.submit("null", [&](calls::Call& call) { call.deadline = h.loop->now() + milliseconds(20); });
  const auto patient = h.submit();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "Timeout");
  EXPECT_NE(h.results.at(id).outcome.error().message.find(": ContainerCreating"), std::string::npos);
  EXPECT_EQ(h.started[id], 0);
  EXPECT_GE(h.results.at(id).receipt.total(), milliseconds(20));
  h.scripted.startHeld();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(patient), "null");
  EXPECT_EQ(h.scripted.seen.size(), 1U);
}

TEST(Dispatcher, CancelsAQueuedCallAtOnce) {
  Harness h;
  h.scripted.holdStarts = true;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto first = h.submit("1");
  const auto second = h.submit("2");
  h.dispatcher->cancel(first, seconds(1));
  h.dispatcher->cancel(777, seconds(1));
  h.untilDone(1);
  EXPECT_EQ(h.outcome(first), "Cancelled");
  h.scripted.startHeld();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(second), "2");
}

TEST(Dispatcher, TellsThePodOfARunningCall) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit(R"({"do":"wait"})");
  const auto mate = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 2; });
  h.dispatcher->cancel(id, seconds(1));
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "Cancelled");
  EXPECT_THAT(h.scripted.cancelled, ElementsAre("1"));
  h.scripted.release();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(mate), R"({"do":"wait"})");
}

TEST(Dispatcher, CollectsTheCallsOfAWindow) {
  Harness h;
  auto spec = Harness::spec();
  spec.batching = {.policy = workflow::BatchPolicy::kFixedWindow, .window = milliseconds(30)};
  h.dispatcher->apply(kKey, spec);
  h.submitMany(5);
  h.untilDone(5);
  const auto sent = h.scripted.batches.size();  // one, or two where the calls came across the end of a window
  EXPECT_LE(sent, 2U);
  const auto id = h.submit();
  h.untilDone(6);
  EXPECT_GT(h.results.at(id).receipt.window.count(), 0);
  EXPECT_EQ(h.results.at(id).receipt.cold.count(), 0);
}

TEST(Dispatcher, EndsEveryCallWhenItIsDestroyed) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto running = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  const auto queued = h.submit();
  h.dispatcher.reset();
  EXPECT_EQ(h.outcome(running), "PodLost");
  EXPECT_EQ(h.outcome(queued), "PodLost");
}

TEST(Dispatcher, EndsAllPodsAtShutdown) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto running = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  bool down = false;
  h.dispatcher->shutdown([&] { down = true; });
  h.until([&] { return down && !h.results.empty(); });
  EXPECT_EQ(h.outcome(running), "PodLost");
  EXPECT_EQ((h.submit(), h.refused.at(2).kind), "NoCapacity");
}

TEST(Dispatcher, CountsWhatItDoes) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const std::string labels = R"(namespace="default",workflow="wf",function="f")";
  EXPECT_THAT(h.metrics.render(), HasSubstr("faasbatch_batches_total{" + labels + "} 0\n"));
  h.submitMany(2);
  h.submit(R"({"do":"fail"})");
  h.untilDone(3);
  const std::string text = h.metrics.render();
  EXPECT_THAT(text, HasSubstr("faasbatch_batches_total{" + labels + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("faasbatch_batch_size_sum{" + labels + "} 3\n"));
  EXPECT_THAT(text, HasSubstr("faasbatch_calls_total{" + labels + R"(,outcome="Succeeded"} 2)"));
  EXPECT_THAT(text, HasSubstr("faasbatch_calls_total{" + labels + R"(,outcome="Failed"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(faasbatch_pod_starts_total{kind="cold"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(faasbatch_pods{state="Warm"} 1)"));
}

}  // namespace
}  // namespace faasbatch::batching
