// Bad days: pods that break the contract, die, hang, or cannot be had.
#include <gmock/gmock.h>

#include "node-agent/batching/dispatcher_harness.h"
#include "node-agent/pods/pool.h"

namespace faasbatch::batching {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// What a pod does to the calls of its batch, and the pod afterwards.
class Misconduct : public testing::TestWithParam<const char*> {};

TEST_P(Misconduct, LosesTheCallsThatHaveNotEndedAndThePod) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto waits = h.submit(R"({"do":"wait"})");
  const auto quick = h.submit("1");
  h.untilDone(1);
  const auto bad = h.submit(std::string(R"({"do":")") + GetParam() + "\"}");
  h.untilDone(2);
  EXPECT_EQ(h.outcome(quick), "1");
  EXPECT_EQ(h.outcome(bad), "PodLost");
  EXPECT_TRUE(h.results.at(bad).outcome.error().blameless);
  const bool unexplained = h.results.at(bad).outcome.error().unexplained;
  if (GetParam() == std::string_view("cut")) EXPECT_TRUE(unexplained);
  if (GetParam() == std::string_view("short")) EXPECT_FALSE(unexplained) << "the pod said so itself";
  EXPECT_FALSE(h.results.contains(waits)) << "the other batch of the pod has its grace";
  const auto next = h.submit("2");
  h.untilDone(3);
  EXPECT_EQ(h.outcome(next), "2");
  EXPECT_EQ(h.scripted.created, 2U);
  EXPECT_NE(h.results.at(next).where.pod, h.results.at(bad).where.pod);
  h.scripted.release();
  h.untilDone(4);
  EXPECT_EQ(h.outcome(waits), R"({"do":"wait"})");
  h.until([&] { return h.scripted.alivePods() == 1; });
}

INSTANTIATE_TEST_SUITE_P(All, Misconduct, testing::Values("cut", "bad", "stranger", "short"));

TEST(Faults, TwoResultsOfOneCallAreOneEnd) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto twice = h.submit(R"({"do":"twice"})");
  const auto mate = h.submit("5");
  h.untilDone(2);
  EXPECT_EQ(h.outcome(twice), "1");
  EXPECT_EQ(h.outcome(mate), "PodLost");
  h.until([&] { return h.scripted.alivePods() == 0; });
}

TEST(Faults, ALostPodEndsItsCallsBlamelessly) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto mate = h.submit(R"({"do":"wait"})");
  const auto killer = h.submit(R"({"do":"die"})");
  h.untilDone(2);
  for (const auto id : {mate, killer}) {
    EXPECT_EQ(h.outcome(id), "PodLost");
    EXPECT_TRUE(h.results.at(id).outcome.error().blameless);
  }
  const auto next = h.submit("1");
  h.untilDone(3);
  EXPECT_EQ(h.outcome(next), "1");
}

TEST(Faults, ABrokenModuleEndsAllWaitingCallsAtOnceAndStartsNoPodAfterPod) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec("broken"));
  const auto ids = h.submitMany(50);
  h.untilDone(50);
  for (const auto id : ids) EXPECT_EQ(h.outcome(id), "LoadFailed");
  const calls::CallError& error = h.results.at(1).outcome.error();
  EXPECT_EQ(error.message, "SyntaxError: line 1");
  EXPECT_EQ(error.traceback, "File fn.py, line 1");
  EXPECT_FALSE(error.blameless);
  h.submitMany(50);
  h.untilDone(100);
  EXPECT_EQ(h.outcome(100), "LoadFailed");
  EXPECT_EQ(h.scripted.created, 1U);
  EXPECT_EQ(h.scripted.alivePods(), 0U);
}

TEST(Faults, ABrokenModuleIsTriedAgainAfterAWhileAndAtOnceWhereItIsNew) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec("broken"));
  h.submit();
  h.untilDone(1);
  h.dispatcher->apply(kKey, Harness::spec("fixed"));
  const auto fixed = h.submit("1");
  h.untilDone(2);
  EXPECT_EQ(h.outcome(fixed), "1");
}

TEST(Faults, AModuleThatNeverLoadsEndsInLoadFailed) {
  auto options = Harness::quiet();
  options.loadTimes = {.least = milliseconds(10), .most = milliseconds(10), .grace = milliseconds(20)};
  Harness h(options);
  h.dispatcher->apply(kKey, Harness::spec("slow"));
  const auto id = h.submit();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "LoadFailed");
  EXPECT_THAT(h.results.at(id).outcome.error().message, HasSubstr("not loaded in time"));
}

TEST(Faults, PodsThatDieWhileLoadingAreGivenUpAfterSome) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec("dies"));
  const auto id = h.submit();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "PodLost");
  EXPECT_EQ(h.scripted.created, pods::Pool::kMaxLossesInARow);
}

TEST(Faults, SaysHowPodsEndedThatDieWhileLoading) {
  Harness h;
  h.scripted.why = "OOMKilled (exit code 137)";
  h.dispatcher->apply(kKey, Harness::spec("cuts"));
  const auto id = h.submit();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "PodLost");
  EXPECT_THAT(h.results.at(id).outcome.error().message, HasSubstr("OOMKilled (exit code 137)"));
}

TEST(Faults, SaysThatNoPodCanBeHad) {
  Harness h;
  h.scripted.refuseStarts = true;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "NoCapacity");
  EXPECT_TRUE(h.results.at(id).outcome.error().blameless);
}

TEST(Faults, GivesUpACallThatThePodDoesNotEnd) {
  auto options = Harness::quiet();
  options.timeoutGrace = milliseconds(20);
  Harness h(options);
  h.dispatcher->apply(kKey, Harness::spec());
  const auto hangs = h.submit(R"({"do":"hang"})", [](calls::Call& call) { call.timeout = milliseconds(20); });
  const auto mate = h.submit(R"({"do":"hang"})");
  h.untilDone(2);
  EXPECT_EQ(h.outcome(hangs), "Timeout");
  EXPECT_GE(h.results.at(hangs).receipt.total(), milliseconds(40));
  EXPECT_EQ(h.outcome(mate), "PodLost") << "its pod was ended by force after the grace";
  const auto next = h.submit("1");
  h.untilDone(3);
  EXPECT_EQ(h.outcome(next), "1");
  EXPECT_EQ(h.scripted.created, 2U);
}

TEST(Faults, ACancelledCallThatThePodDoesNotEndIsCancelledAfterTheGrace) {
  auto options = Harness::quiet();
  options.timeoutGrace = milliseconds(20);
  Harness h(options);
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit(R"({"do":"hang"})");
  h.until([&] { return h.scripted.seen.size() == 1; });
  h.dispatcher->cancel(id, milliseconds(10));
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "Cancelled");
}

TEST(Faults, RepeatedCrashesQuarantineThePod) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  for (std::uint32_t i = 1; i <= pods::kMaxCrashesInARow; ++i) {
    h.submit(R"({"do":"crash","alone":true})");
    h.untilDone(i);
  }
  h.until([&] { return h.scripted.alivePods() == 0; });
  h.submit("1");
  h.untilDone(pods::kMaxCrashesInARow + 1);
  EXPECT_EQ(h.scripted.created, 2U);
}

TEST(Faults, APodThatAsksToBeRecycledGetsNoNewCalls) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  h.scripted.recycle = true;
  const auto late = h.submit(R"({"do":"late"})");
  h.untilDone(1);
  h.until([&] { return h.scripted.alivePods() == 0; });
  EXPECT_EQ(h.outcome(late), "Timeout");
}

TEST(Faults, EveryCallEndsOnceWhateverPodsDo) {
  auto options = Harness::quiet();
  options.timeoutGrace = milliseconds(10);
  Harness h(options);
  auto spec = Harness::spec();
  spec.concurrency.limit = 5;
  spec.batching.maxQueue = 10'000;
  h.dispatcher->apply(kKey, spec);
  const char* kInputs[] = {
      "1", R"({"do":"wait"})", R"({"do":"cut"})",   R"({"do":"bad"})",   R"({"do":"die"})",
      "2", R"({"do":"hang"})", R"({"do":"short"})", R"({"do":"twice"})", "3"};
  const int kCalls = 300;
  for (int i = 0; i < kCalls; ++i) {
    h.submit(kInputs[(i * 7 + i / 10) % 10], [](calls::Call& call) { call.timeout = milliseconds(5); });
    if (i % 11 == 0) h.dispatcher->cancel(static_cast<calls::CallId>(i), milliseconds(1));
  }
  h.untilDone(kCalls);
  EXPECT_EQ(h.results.size(), static_cast<std::size_t>(kCalls));
  EXPECT_LE(h.scripted.mostAlive, 64U);
  EXPECT_EQ(h.status().running, 0U);
  EXPECT_EQ(h.status().queued, 0U);
}

}  // namespace
}  // namespace faasbatch::batching
