// How many pods there are, and whose: through the dispatcher, with scripted pods.
#include <gmock/gmock.h>

#include "node-agent/batching/dispatcher_harness.h"

namespace faasbatch::batching {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const calls::FunctionKey kOther{"default", "wf", "g"};

TEST(DispatcherPool, NeverHasMoreThanMaxPodsUnderABurst) {
  Harness h;
  auto spec = Harness::spec();
  spec.batching.policy = workflow::BatchPolicy::kNone;
  spec.pool.maxPods = 3;
  h.dispatcher->apply(kKey, spec);
  h.submitMany(50);
  h.untilDone(50);
  EXPECT_EQ(h.scripted.mostAlive, 3U);
  EXPECT_EQ(h.scripted.created, 3U);
}

TEST(DispatcherPool, ReusesTheWarmPod) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  for (std::size_t i = 1; i <= 20; ++i) {
    h.submit();
    h.untilDone(i);
  }
  EXPECT_EQ(h.scripted.created, 1U);
}

TEST(DispatcherPool, StartsAFurtherPodWhereCallsStarve) {
  Harness h;
  auto spec = Harness::spec();
  spec.concurrency.limit = 2;
  spec.batching.window = milliseconds(10);
  h.dispatcher->apply(kKey, spec);
  h.submitMany(4, R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 4; });
  EXPECT_EQ(h.scripted.created, 2U);
  h.scripted.release();
  h.untilDone(4);
}

TEST(DispatcherPool, MakesRoomForAnotherFunction) {
  auto options = Harness::quiet();
  options.maxPods = 1;
  Harness h(options);
  h.dispatcher->apply(kKey, Harness::spec());
  h.dispatcher->apply(kOther, Harness::spec("other"));
  h.submit("1");
  h.untilDone(1);
  h.submit("2", nullptr, kOther);
  h.untilDone(2);
  h.submit("3");
  h.untilDone(3);
  EXPECT_EQ(h.scripted.mostAlive, 1U);
  EXPECT_EQ(h.scripted.created, 3U);
}

TEST(DispatcherPool, MakesRoomOnANodeThatIsFull) {
  Harness h;
  h.scripted.nodeHolds = 1;
  h.dispatcher->apply(kKey, Harness::spec());
  h.dispatcher->apply(kOther, Harness::spec("other"));
  h.submit("1");
  h.untilDone(1);
  const auto other = h.submit("2", nullptr, kOther);
  h.untilDone(2);
  EXPECT_EQ(h.outcome(other), "2");
  const auto again = h.submit("3");
  h.untilDone(3);
  EXPECT_EQ(h.outcome(again), "3");
}

TEST(DispatcherPool, WaitsForRoomOnAFullNodeWhereAllPodsAreBusy) {
  Harness h;
  h.scripted.nodeHolds = 1;
  h.dispatcher->apply(kKey, Harness::spec());
  h.dispatcher->apply(kOther, Harness::spec("other"));
  h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  const auto waits = h.submit("2", nullptr, kOther);
  h.until([&] { return h.scripted.created == 2 && h.scripted.alivePods() == 1; });
  h.scripted.release();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(waits), "2");
}

TEST(DispatcherPool, SaysWhatAQueuedCallWaitsFor) {
  Harness h;
  h.scripted.holdStarts = true;
  h.scripted.waitFor = "ErrImagePull: no such tag";
  h.scripted.nodeHolds = 1;
  auto spec = Harness::spec();
  spec.concurrency.limit = 1;
  spec.pool.maxPods = 1;
  h.dispatcher->apply(kKey, spec);
  const auto runs = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.created == 1; });
  EXPECT_THAT(h.dispatcher->waitsFor(runs), MatchesRegex("pod .+: ErrImagePull: no such tag"));
  h.scripted.startHeld();
  h.until([&] { return h.scripted.waiting() == 1; });
  EXPECT_EQ(h.dispatcher->waitsFor(runs), "") << "it waits no more";
  EXPECT_EQ(h.dispatcher->waitsFor(99), "");
  const auto mate = h.submit("1");
  EXPECT_THAT(h.dispatcher->waitsFor(mate), HasSubstr("busy (1)"));
  h.dispatcher->apply(kOther, Harness::spec("other"));
  const auto other = h.submit("2", nullptr, kOther);
  h.until([&] { return h.scripted.created == 2 && h.scripted.alivePods() == 1; });
  h.until([&] { return !h.dispatcher->waitsFor(other).empty(); });
  EXPECT_THAT(h.dispatcher->waitsFor(other),
              AllOf(HasSubstr("there is room for 1 pods"), HasSubstr("did not start: scripted")));
}

TEST(DispatcherPool, SaysNoCapacityOnANodeThatIsFullOfOthersPods) {
  Harness h;
  h.scripted.nodeHolds = 0;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "NoCapacity");
}

TEST(DispatcherPool, WaitsForRoomWhereAllPodsAreBusy) {
  auto options = Harness::quiet();
  options.maxPods = 1;
  Harness h(options);
  h.dispatcher->apply(kKey, Harness::spec());
  h.dispatcher->apply(kOther, Harness::spec("other"));
  h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  const auto waits = h.submit("2", nullptr, kOther);
  h.until([&] { return h.status(kOther).queued == 1; });
  h.scripted.release();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(waits), "2");
  EXPECT_EQ(h.scripted.mostAlive, 1U);
}

TEST(DispatcherPool, NoFunctionKeepsAnotherOutForEver) {
  auto options = Harness::quiet();
  options.maxPods = 2;
  Harness h(options);
  auto greedy = Harness::spec();
  greedy.concurrency.limit = 1;
  greedy.batching.window = milliseconds(1);
  h.dispatcher->apply(kKey, greedy);
  h.dispatcher->apply(kOther, Harness::spec("other"));
  h.submitMany(6, R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 2; });
  const auto other = h.submit("7", nullptr, kOther);
  h.until([&] {
    h.scripted.release();
    return h.results.contains(other);
  });
  EXPECT_EQ(h.outcome(other), "7");
  EXPECT_LT(h.results.size(), 7U) << "it did not have to wait for all others";
  h.until([&] {
    h.scripted.release();
    return h.results.size() == 7;
  });
  EXPECT_EQ(h.scripted.mostAlive, 2U);
}

TEST(DispatcherPool, DrainsPodsOfAnOlderVersion) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec("one"));
  const auto old = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  h.dispatcher->apply(kKey, Harness::spec("two"));
  const auto fresh = h.submit("2");
  h.untilDone(1);
  EXPECT_EQ(h.outcome(fresh), "2");
  h.scripted.release();
  h.untilDone(2);
  EXPECT_NE(h.results.at(old).where.pod, h.results.at(fresh).where.pod);
  h.until([&] { return h.scripted.alivePods() == 1; });
}

TEST(DispatcherPool, CallsQueuedBeforeANewVersionRunInIt) {
  Harness h;
  h.scripted.holdStarts = true;
  h.dispatcher->apply(kKey, Harness::spec("broken"));
  const auto id = h.submit("1");
  h.until([&] { return h.scripted.created == 1; });
  h.dispatcher->apply(kKey, Harness::spec("fixed"));
  h.scripted.startHeld();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "1");
  EXPECT_EQ(h.scripted.created, 1U) << "a pod that had loaded nothing yet takes the new version";
}

TEST(DispatcherPool, RemovedFunctionsFinishTheirCallsAndTheirPodsEnd) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto running = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  const auto queued = h.submit("2");
  h.dispatcher->remove(kKey);
  EXPECT_EQ((h.submit("3"), h.refused.size()), 1U);
  h.untilDone(1);
  EXPECT_EQ(h.outcome(queued), "2");
  h.scripted.release();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(running), R"({"do":"wait"})");
  h.until([&] { return h.scripted.alivePods() == 0; });
  h.dispatcher->apply(kKey, Harness::spec());
  const auto again = h.submit("4");
  h.untilDone(3);
  EXPECT_EQ(h.outcome(again), "4");
}

TEST(DispatcherPool, EndsIdlePodsAndKeepsMinWarm) {
  Harness h;
  auto spec = Harness::spec();
  spec.concurrency.limit = 1;
  spec.pool = {.minWarm = 1, .maxPods = 3, .idleTimeout = milliseconds(20)};
  spec.batching.window = milliseconds(1);
  h.dispatcher->apply(kKey, spec);
  h.until([&] { return h.status().warmPods == 1; });
  h.submitMany(3, R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 3; });
  h.scripted.release();
  h.untilDone(3);
  h.until([&] { return h.scripted.alivePods() == 1; });
  EXPECT_EQ(h.scripted.created, 3U);
}

TEST(DispatcherPool, MinWarmHoldsWhereAPodIsLost) {
  Harness h;
  auto spec = Harness::spec();
  spec.pool.minWarm = 2;
  h.dispatcher->apply(kKey, spec);
  h.until([&] { return h.status().warmPods == 2; });
  h.submit(R"({"do":"die"})");
  h.untilDone(1);
  h.until([&] { return h.scripted.created == 3 && h.status().warmPods == 2; });
}

TEST(DispatcherPool, TakesTheGenericPodAndReplacesItLater) {
  Harness h{Dispatcher::Options()};
  h.until([&] { return h.scripted.alivePods() == 1; });
  h.dispatcher->apply(kKey, Harness::spec());
  h.submit("1");
  h.untilDone(1);
  EXPECT_EQ(h.scripted.created, 1U);
  h.until([&] { return h.scripted.created == 2; });
  const std::string text = h.metrics.render();
  EXPECT_THAT(text, HasSubstr(R"(faasbatch_pod_starts_total{kind="cold"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(faasbatch_pod_starts_total{kind="generic"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(faasbatch_pod_starts_total{kind="specialised"} 1)"));
}

TEST(DispatcherPool, TakesAGenericPodThatIsStillStarting) {
  Dispatcher::Options options;
  Harness h(options);
  h.scripted.holdStarts = true;
  h.until([&] { return h.scripted.created == 1; });
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit("1");
  h.scripted.startHeld();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "1");
}

}  // namespace
}  // namespace faasbatch::batching
