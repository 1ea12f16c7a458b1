#include "node-agent/engine/retry.h"

#include <gtest/gtest.h>

namespace faasbatch::engine {
namespace {

using namespace std::chrono_literals;

TEST(Retries, MatchesTypes) {
  workflow::RetryPolicy policy{.limit = 2};
  EXPECT_TRUE(retries(policy, "ValueError", 0));
  EXPECT_TRUE(retries(policy, "ValueError", 1));
  EXPECT_FALSE(retries(policy, "ValueError", 2));
  EXPECT_FALSE(retries(policy, "Cancelled", 0));
  policy.on = {"Timeout"};
  EXPECT_FALSE(retries(policy, "ValueError", 0));
  EXPECT_TRUE(retries(policy, "Timeout", 0));
  policy.on = {"X", "*"};
  EXPECT_TRUE(retries(policy, "ValueError", 0));
  EXPECT_FALSE(retries(policy, "Cancelled", 0));
  policy.on = {"Cancelled"};
  EXPECT_FALSE(retries(policy, "Cancelled", 0));
  EXPECT_FALSE(retries({}, "ValueError", 0));
}

TEST(Backoff, StaysInItsGrowingBoundAndIsTheSameEachTime) {
  const workflow::Backoff policy{.initial = 100ms, .factor = 2, .max = 1s};
  for (std::uint32_t retry = 1; retry < 40; ++retry) {
    const base::Duration bound = std::min<base::Duration>(1s, 100ms * (1LL << std::min(retry - 1, 10U)));
    for (std::uint32_t item = 0; item < 50; ++item) {
      const std::uint32_t index[] = {item};
      const base::Duration delay = backoff(policy, retry, "run", "spec.steps[0]", index);
      EXPECT_GE(delay, 0ns);
      EXPECT_LT(delay, bound);
      EXPECT_EQ(delay, backoff(policy, retry, "run", "spec.steps[0]", index));
    }
  }
}

TEST(Backoff, SpreadsEvenly) {
  const workflow::Backoff policy{.initial = 1s, .factor = 1, .max = 1s};
  constexpr int kItems = 10'000;
  int tenths[10] = {};
  for (std::uint32_t item = 0; item < kItems; ++item) {
    const std::uint32_t index[] = {item};
    ++tenths[backoff(policy, 1, "run", "spec.steps[0]", index) / 100ms];
  }
  for (const int count : tenths) EXPECT_NEAR(count, kItems / 10, kItems / 50);
}

TEST(Backoff, DiffersByRunStepAndRetry) {
  const workflow::Backoff policy{.initial = 1h, .factor = 1, .max = 1h};
  const base::Duration one = backoff(policy, 1, "run", "a", {});
  EXPECT_NE(one, backoff(policy, 2, "run", "a", {}));
  EXPECT_NE(one, backoff(policy, 1, "run2", "a", {}));
  EXPECT_NE(one, backoff(policy, 1, "run", "b", {}));
  EXPECT_NE(backoff(policy, 1, "run1", "a", {}), backoff(policy, 1, "run", "1a", {}));
}

TEST(Backoff, SurvivesExtremes) {
  EXPECT_EQ(backoff({.initial = 0s, .factor = 2, .max = 1s}, 5, "r", "s", {}), 0s);
  EXPECT_LE(backoff({.initial = 1s, .factor = 1e300, .max = base::Duration::max()}, 1000, "r", "s", {}),
            base::Duration::max());
  EXPECT_EQ(backoff({.initial = 1s, .factor = 2, .max = 0s}, 1, "r", "s", {}), 0s);
}

}  // namespace
}  // namespace faasbatch::engine
