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
// Stocks.
constexpr std::size_t kPython = 0;
constexpr std::size_t kNative = 1;

PodFacts generic(PodState state, std::size_t stock = kPython) {
  return {.state = state, .function = kNoFunction, .stock = stock, .current = false};
}
PodFacts of(std::size_t function, PodState state, std::int64_t lastUsed = 0) {
  return {.state = state, .function = function, .stock = kPython, .lastUsed = {lastUsed}};
}

const std::vector<FunctionFacts> kTwo = {
    {.stock = kPython, .maxPods = 2, .idleTimeout = seconds(10)},
    {.stock = kPython, .minWarm = 1, .maxPods = 5, .idleTimeout = seconds(20)}};

TEST(SupplyFor, PrefersAGenericPodThatAnswersThenOneThatStartsThenANewOne) {
  std::vector<PodFacts> pods = {generic(kGeneric, kNative), generic(kStarting), generic(kGeneric)};
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kSpecialise, 2}));
  pods.pop_back();
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kSpecialise, 1}));
  pods.pop_back();
  EXPECT_EQ(supplyFor(0, pods, kTwo, 10), (Supply{Kind::kCreate}));
}

TEST(SupplyFor, LeavesGenericPodsAloneWhereTheFunctionNeedsItsOwn) {
  const std::vector<FunctionFacts> own = {{.stock = kNoStock, .maxPods = 2}};
  EXPECT_EQ(supplyFor(0, std::vector{generic(kGeneric), generic(kStarting)}, own, 10),
            (Supply{Kind::kCreate}));
  EXPECT_EQ(supplyFor(0, std::vector{generic(kGeneric)}, own, 1), (Supply{Kind::kMakeRoom, 0}));
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
      << "a generic pod of another stock goes first";
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

StockPlan plan(std::vector<PodFacts> pods, std::vector<std::size_t> wanted, std::size_t bound = 8) {
  return planStock(pods, wanted, bound);
}

TEST(PlanStock, KeepsOneOfEachStockAndStandsBackWhileAFunctionOfItWaits) {
  EXPECT_EQ(plan({}, {kPython, kNative}), (StockPlan{{kPython, kNative}, {}}));
  EXPECT_EQ(plan({generic(kStarting)}, {kPython}), StockPlan());
  EXPECT_EQ(plan({generic(kGeneric, kNative)}, {kPython, kNative}), (StockPlan{{kPython}, {}}));
  EXPECT_EQ(plan({of(0, kSpecialising)}, {kPython, kNative}), (StockPlan{{kNative}, {}}));
  EXPECT_EQ(plan({of(0, kBusy)}, {kPython}), (StockPlan{{kPython}, {}}));
  EXPECT_EQ(plan({generic(kDraining)}, {kPython}), (StockPlan{{kPython}, {}}));
}

TEST(PlanStock, StartsNoneWithoutRoomAndFillsNoMoreThanHalfOfIt) {
  EXPECT_EQ(plan({of(0, kBusy)}, {kPython}, 1), StockPlan());
  EXPECT_EQ(plan({}, {0, 1, 2, 3, 4}, 4), (StockPlan{{0, 1}, {}}));
  EXPECT_EQ(plan({generic(kGeneric, 4)}, {0, 1, 2, 3, 4}, 4), (StockPlan{{0}, {}}));
  EXPECT_EQ(plan({}, {0, 1}, 1), (StockPlan{{0}, {}}));
}

TEST(PlanStock, EndsWhatNoFunctionUsesAnyMoreAndASecondOne) {
  EXPECT_EQ(plan({generic(kGeneric), generic(kStarting, kNative)}, {kPython}), (StockPlan{{}, {1}}));
  EXPECT_EQ(plan({generic(kStarting), generic(kGeneric)}, {kPython}), (StockPlan{{}, {0}}));
}

TEST(WorthAdopting, TakesPodsOfFunctionsUpToMaxPodsThenOneGenericOfAWantedStock) {
  const std::vector<FoundFacts> found = {
      {.stock = kPython}, {.function = 0}, {.function = 0},
      {.function = 0},    {.function = 1}, {.stock = kPython},
      {.stock = kNative}, {.stock = 7},    {},
  };
  const std::vector<std::size_t> wanted = {kPython, kNative};
  EXPECT_THAT(worthAdopting(found, kTwo, wanted, 10), ElementsAre(1, 2, 4, 0, 6));
  EXPECT_THAT(worthAdopting(found, kTwo, wanted, 4), ElementsAre(1, 2, 4, 0));
  EXPECT_THAT(worthAdopting(found, kTwo, {}, 10), ElementsAre(1, 2, 4));
  EXPECT_THAT(worthAdopting({}, kTwo, wanted, 10), IsEmpty());
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
      const StockPlan stock = planStock(pods, std::vector<std::size_t>{kPython, kNative}, bound);
      ASSERT_THAT(stock.end, IsEmpty());
      for (const std::size_t s : stock.start) pods.push_back(generic(kGeneric, s));
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
