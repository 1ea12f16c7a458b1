#include "node-agent/pods/pool_decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace faasbatch::pods {
namespace {

using enum PodState;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = Supply::Kind;
constexpr auto kPython = workflow::Runtime::kPython;
constexpr auto kNative = workflow::Runtime::kNative;

PodFacts generic(PodState state, workflow::Runtime runtime = kPython) {
  return {.state = state, .function = kNoFunction, .runtime = runtime, .current = false};
}
PodFacts of(std::size_t function, PodState state, std::int64_t lastUsed = 0) {
  return {.state = state, .function = function, .lastUsed = {lastUsed}};
}

const std::vector<FunctionFacts> kTwo = {{.maxPods = 2, .idleTimeout = seconds(10)},
                                         {.minWarm = 1, .maxPods = 5, .idleTimeout = seconds(20)}};

TEST(SupplyFor, PrefersAGenericPodThatAnswersThenOneThatStartsThenANewOne) {
  std::vector<PodFacts> pods = {generic(kGeneric, kNative), generic(kStarting), generic(kGeneric)};
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kSpecialise, 2}));
  pods.pop_back();
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kSpecialise, 1}));
  pods.pop_back();
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kCreate}));
}

TEST(SupplyFor, StopsAtMaxPodsNotCountingPodsThatLeave) {
  std::vector<PodFacts> pods = {of(0, kBusy), of(0, kStarting)};
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kEnough}));
  pods[1].state = kDraining;
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kCreate}));
  pods[1] = of(0, kBusy);
  pods[1].current = false;
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kCreate}));
}

TEST(SupplyFor, MakesRoomWithThePodIdleForLongest) {
  EXPECT_EQ(supplyFor(0, std::vector{of(1, kWarm, 9), of(1, kWarm, 3), of(1, kBusy)}, kTwo, 3),
            (Supply{Kind::kMakeRoom, 1}));
  EXPECT_EQ(supplyFor(0, std::vector{of(1, kWarm, 3), generic(kGeneric, kNative), of(1, kBusy)}, kTwo, 3),
            (Supply{Kind::kMakeRoom, 1}))
      << "a generic pod of another runtime goes first";
}

TEST(SupplyFor, WaitsRatherThanBreakMinWarmOrTakeABusyPod) {
  EXPECT_EQ(supplyFor(0, std::vector{of(1, kWarm)}, kTwo, 1), (Supply{Kind::kWait}));
  EXPECT_EQ(supplyFor(0, std::vector{of(1, kBusy)}, kTwo, 1), (Supply{Kind::kWait}));
  EXPECT_EQ(supplyFor(0, std::vector{of(1, kBusy), of(1, kBusy), of(0, kBusy)}, kTwo, 3),
            (Supply{Kind::kWait}))
      << "it has a pod already";
  EXPECT_EQ(supplyFor(0, std::vector{of(1, kDraining), of(1, kWarm), of(1, kWarm)}, kTwo, 3),
            (Supply{Kind::kWait}))
      << "room is coming already";
}

TEST(SupplyFor, LetsABusyPodLeaveForAFunctionThatHasNone) {
  std::vector<PodFacts> pods = {of(1, kBusy), of(1, kBusy)};
  pods[0].running = 9;
  pods[1].running = 2;
  EXPECT_EQ(supplyFor(0, pods, kTwo, 2), (Supply{Kind::kMakeRoom, 1}));
  pods[1].state = kDraining;
  EXPECT_EQ(supplyFor(0, pods, kTwo, 2), (Supply{Kind::kWait}));
}

TEST(Expired, EndsPodsIdleForTooLongOldestFirstDownToMinWarm) {
  const base::Instant now{seconds(100).count() * 1'000'000'000};
  const auto at = [](std::int64_t s) { return s * 1'000'000'000; };
  const std::vector<PodFacts> pods = {of(0, kWarm, at(95)), of(0, kWarm, at(80)), of(1, kWarm, at(70)),
                                      of(1, kWarm, at(60)), of(0, kBusy, at(1)),  generic(kGeneric)};
  const Expiry expiry = expired(pods, kTwo, now);
  EXPECT_THAT(expiry.pods, ElementsAre(3, 1));
  EXPECT_EQ(expiry.next, (base::Instant{at(105)}));
  EXPECT_THAT(expired({}, kTwo, now).pods, IsEmpty());
}

TEST(MissingGenerics, KeepsOneAndStandsBackWhileFunctionsWait) {
  EXPECT_EQ(missingGenerics(kPython, {}, 5), 1U);
  EXPECT_EQ(missingGenerics(kPython, std::vector{generic(kStarting)}, 5), 0U);
  EXPECT_EQ(missingGenerics(kNative, std::vector{generic(kGeneric)}, 5), 1U);
  EXPECT_EQ(missingGenerics(kPython, std::vector{of(0, kSpecialising)}, 5), 0U);
  EXPECT_EQ(missingGenerics(kPython, std::vector{of(0, kBusy)}, 5), 1U);
  EXPECT_EQ(missingGenerics(kPython, std::vector{of(0, kBusy)}, 1), 0U);
}

TEST(Misbehaves, NamesEachReason) {
  EXPECT_FALSE(misbehaves({}));
  EXPECT_FALSE(misbehaves({.crashesInARow = kMaxCrashesInARow - 1}));
  EXPECT_TRUE(misbehaves({.crashesInARow = kMaxCrashesInARow}));
  EXPECT_TRUE(misbehaves({.recycleAsked = true}));
  EXPECT_TRUE(misbehaves({.brokeContract = true}));
  EXPECT_TRUE(misbehaves({.overdue = true}));
}

// Whatever the pods are, following the decisions never breaks a bound.
TEST(SupplyFor, NeverBreaksABound) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t bound = 1 + random() % 8;
    std::vector<PodFacts> pods;
    for (int step = 0; step < 40; ++step) {
      const std::size_t function = random() % 2;
      const Supply supply = supplyFor(function, pods, kTwo, bound);
      if (supply.kind == Kind::kCreate) pods.push_back(of(function, kStarting));
      if (supply.kind == Kind::kSpecialise) {
        ASSERT_EQ(pods[supply.pod].function, kNoFunction);
        pods[supply.pod].function = function;
        pods[supply.pod].current = true;
        pods[supply.pod].state = kWarm;
      }
      if (supply.kind == Kind::kMakeRoom) {
        ASSERT_FALSE(isLeaving(pods[supply.pod].state));
        ASSERT_NE(pods[supply.pod].function, function);
        pods.erase(pods.begin() + static_cast<std::ptrdiff_t>(supply.pod));
      }
      if (missingGenerics(kPython, pods, bound) > 0) pods.push_back(generic(kGeneric));
      if (!pods.empty()) {
        PodFacts& any = pods[random() % pods.size()];
        if (any.function != kNoFunction) any.state = random() % 2 == 0 ? kWarm : kBusy;
      }
      ASSERT_LE(pods.size(), bound);
      for (std::size_t f = 0; f < 2; ++f) {
        ASSERT_LE(static_cast<std::size_t>(std::ranges::count(pods, f, &PodFacts::function)),
                  kTwo[f].maxPods);
      }
    }
  }
}

}  // namespace
}  // namespace faasbatch::pods
