#include "node-agent/batching/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::batching {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Instant kNow{1'700'000'000'000'000'000};

QueueView queueOf(std::size_t calls, base::Duration age = base::Duration(0)) {
  return QueueView(calls, base::Instant{kNow.ns - age.count()});
}
PodView ready(std::uint32_t running, std::uint32_t slots, std::int64_t lastUsed = 0) {
  return {.ready = true, .running = running, .slots = slots, .lastUsed = {lastUsed}};
}
PodView starting(std::uint32_t slots) { return {.ready = false, .running = 0, .slots = slots}; }

const Limits kLimits{.slots = 32, .maxSize = 64, .maxPods = 10, .window = milliseconds(50)};

History known(base::Duration meanExec) {
  History history;
  history.meanExec = meanExec;
  history.lastProgress = kNow;
  return history;
}

TEST(Adaptive, HasNothingToDoWithoutCalls) {
  EXPECT_EQ(adaptive({}, {}, {}, kLimits, kNow), Decision{});
  const PodView pods[] = {ready(0, 32)};
  EXPECT_EQ(adaptive({}, pods, {}, kLimits, kNow).podsWanted, 1U);
}

TEST(Adaptive, WantsOnePodForABurstThatFitsIntoIt) {
  Limits limits = kLimits;
  limits.slots = 100;
  for (const std::size_t calls : {1U, 2U, 99U, 100U}) {
    EXPECT_EQ(adaptive(queueOf(calls), {}, {}, limits, kNow).podsWanted, 1U) << calls;
    const PodView pods[] = {starting(100)};
    const Decision later = adaptive(queueOf(calls, seconds(5)), pods, {}, limits, kNow);
    EXPECT_EQ(later.podsWanted, 1U) << "a pod that is starting counts";
    EXPECT_THAT(later.batches, IsEmpty());
  }
}

TEST(Adaptive, LeavesAtOnceWhileASlotIsFree) {
  const PodView pods[] = {ready(3, 32)};
  const Decision decision = adaptive(queueOf(5), pods, {}, kLimits, kNow);
  EXPECT_THAT(decision.batches, ElementsAre(Dispatch{0, 5}));
  EXPECT_EQ(decision.podsWanted, 1U);
  EXPECT_EQ(decision.wakeUp, base::Instant::never());
}

TEST(Adaptive, FillsTheBusiestPodFirstThenTheOneUsedLast) {
  const PodView pods[] = {ready(0, 4, 10), ready(3, 4), ready(0, 4, 20), ready(4, 4), starting(4)};
  EXPECT_THAT(adaptive(queueOf(6), pods, {}, kLimits, kNow).batches,
              ElementsAre(Dispatch{1, 1}, Dispatch{2, 4}, Dispatch{0, 1}));
}

TEST(Adaptive, CutsBatchesAtMaxSize) {
  Limits limits = kLimits;
  limits.slots = 100;
  const PodView pods[] = {ready(0, 100)};
  EXPECT_THAT(adaptive(queueOf(90), pods, {}, limits, kNow).batches,
              ElementsAre(Dispatch{0, 64}, Dispatch{0, 26}));
}

TEST(Adaptive, WaitsForASlotOfAQuickFunction) {
  const PodView pods[] = {ready(32, 32)};
  const Decision decision =
      adaptive(queueOf(968), pods, known(std::chrono::microseconds(100)), kLimits, kNow);
  EXPECT_EQ(decision.podsWanted, 1U) << "3 ms of work are not worth a pod";
  EXPECT_EQ(decision.wakeUp, kNow + milliseconds(50));
}

TEST(Adaptive, AddsPodsForALongQueueOfASlowFunction) {
  const PodView pods[] = {ready(32, 32)};
  EXPECT_EQ(adaptive(queueOf(64), pods, known(seconds(10)), kLimits, kNow).podsWanted, 3U);
  EXPECT_EQ(adaptive(queueOf(5000), pods, known(seconds(10)), kLimits, kNow).podsWanted, 10U) << "maxPods";
  EXPECT_EQ(adaptive(queueOf(5000), {}, known(seconds(10)), kLimits, kNow).podsWanted, 10U);
}

TEST(Adaptive, AddsPodsWhereNoSlotGotFreeForAWindow) {
  const PodView pods[] = {ready(32, 32)};
  History history;
  history.lastProgress = {kNow.ns - std::chrono::nanoseconds(milliseconds(40)).count()};
  const Decision early = adaptive(queueOf(3, milliseconds(100)), pods, history, kLimits, kNow);
  EXPECT_EQ(early.podsWanted, 1U);
  EXPECT_EQ(early.wakeUp, history.lastProgress + milliseconds(50));
  EXPECT_EQ(adaptive(queueOf(3, milliseconds(100)), pods, history, kLimits, early.wakeUp).podsWanted, 2U);
}

TEST(Adaptive, AddsOnePodForAWholeBatchWhereNothingIsKnownYet) {
  const PodView one[] = {starting(32)};
  EXPECT_EQ(adaptive(queueOf(32 + 63), one, {}, kLimits, kNow).podsWanted, 1U);
  EXPECT_EQ(adaptive(queueOf(32 + 64), one, {}, kLimits, kNow).podsWanted, 2U);
  const PodView two[] = {starting(32), starting(32)};
  EXPECT_EQ(adaptive(queueOf(1000), two, {}, kLimits, kNow).podsWanted, 2U) << "not pod after pod";
}

TEST(Adaptive, NeverWantsLessThanThereAre) {
  Limits limits = kLimits;
  limits.maxPods = 1;
  const PodView pods[] = {ready(32, 32), ready(32, 32), starting(32)};
  EXPECT_EQ(adaptive(queueOf(500), pods, known(seconds(9)), limits, kNow).podsWanted, 3U);
}

TEST(FixedWindow, HoldsCallsBackUntilTheirWindowEnds) {
  const PodView pods[] = {ready(0, 32)};
  const Decision early = fixedWindow(queueOf(7), pods, {}, kLimits, kNow);
  EXPECT_THAT(early.batches, IsEmpty());
  EXPECT_TRUE(early.holdsBack);
  EXPECT_EQ(early.wakeUp, kNow + milliseconds(50)) << "kNow begins a window";
  const Decision due = fixedWindow(queueOf(7), pods, {}, kLimits, early.wakeUp);
  EXPECT_THAT(due.batches, ElementsAre(Dispatch{0, 7}));
}

TEST(FixedWindow, GivesEachWindowOnePod) {
  QueueView queue = queueOf(3, milliseconds(120));
  queue.push_back({kNow.ns - std::chrono::nanoseconds(milliseconds(70)).count()});
  const PodView pods[] = {ready(0, 2, 1), ready(0, 2, 5)};
  EXPECT_THAT(fixedWindow(queue, pods, {}, kLimits, kNow).batches,
              ElementsAre(Dispatch{1, 3}, Dispatch{0, 1}));
  EXPECT_EQ(fixedWindow(queue, {}, {}, kLimits, kNow).podsWanted, 2U);
  const PodView coming[] = {starting(32)};
  EXPECT_EQ(fixedWindow(queue, coming, {}, kLimits, kNow).podsWanted, 2U);
}

TEST(FixedWindow, UsesAFreeSlotWhereNoPodMayBeAdded) {
  Limits limits = kLimits;
  limits.maxPods = 2;
  const PodView pods[] = {ready(1, 4), ready(4, 4)};
  EXPECT_THAT(fixedWindow(queueOf(6, milliseconds(60)), pods, {}, limits, kNow).batches,
              ElementsAre(Dispatch{0, 6}));
  const PodView full[] = {ready(4, 4), ready(4, 4)};
  const Decision waits = fixedWindow(queueOf(6, milliseconds(60)), full, {}, limits, kNow);
  EXPECT_THAT(waits.batches, IsEmpty());
  EXPECT_EQ(waits.podsWanted, 2U);
}

TEST(None, GivesEachCallAPodOfItsOwn) {
  const PodView pods[] = {ready(1, 32), ready(0, 32, 1), ready(0, 32, 9), starting(32)};
  const Decision decision = none(queueOf(6), pods, {}, kLimits, kNow);
  EXPECT_THAT(decision.batches, ElementsAre(Dispatch{2, 1}, Dispatch{1, 1}));
  EXPECT_EQ(decision.podsWanted, 7U) << "four are left, one pod is coming";
  EXPECT_EQ(none(queueOf(50), pods, {}, kLimits, kNow).podsWanted, 10U) << "maxPods";
}

TEST(Kraken, WantsAsManyPodsAsBatchesThatFitIntoTheGoal) {
  Limits limits = kLimits;
  limits.window = milliseconds(100);
  EXPECT_EQ(kraken(queueOf(10), {}, known(milliseconds(30)), limits, kNow).podsWanted, 4U) << "three a pod";
  EXPECT_EQ(kraken(queueOf(10), {}, {}, limits, kNow).podsWanted, 10U) << "nothing known: one a pod";
  History expecting = known(milliseconds(30));
  expecting.callsPerWindow = 20;
  EXPECT_EQ(kraken(queueOf(1), {}, expecting, limits, kNow).podsWanted, 7U);
}

TEST(PolicyOf, KnowsAll) {
  EXPECT_EQ(policyOf(workflow::BatchPolicy::kAdaptive), &adaptive);
  EXPECT_EQ(policyOf(workflow::BatchPolicy::kFixedWindow), &fixedWindow);
  EXPECT_EQ(policyOf(workflow::BatchPolicy::kNone), &none);
  EXPECT_EQ(policyOf(workflow::BatchPolicy::kKraken), &kraken);
  EXPECT_EQ(policyOf(workflow::BatchPolicy::kSfs), &none);
  EXPECT_EQ(policyOf(workflow::BatchPolicy::kUnbatched), &none);
}

}  // namespace
}  // namespace faasbatch::batching
