#include "node-agent/access/expiring_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace faasbatch::access {
namespace {

TEST(ExpiringCache, ForgetsAtTheEndAndWhenFull) {
  ExpiringCache<int, int> cache(2);
  cache.put(1, 10, {100});
  EXPECT_EQ(*cache.find(1, {99}), 10);
  EXPECT_EQ(cache.find(1, {100}), nullptr);
  EXPECT_TRUE(cache.knew(1));
  EXPECT_FALSE(cache.knew(2));
  cache.put(1, 11, {200});
  EXPECT_EQ(*cache.find(1, {150}), 11);
  cache.put(2, 20, {200});
  cache.put(3, 30, {200});
  EXPECT_EQ(cache.find(1, {150}), nullptr) << "the first one made room";
  EXPECT_EQ(*cache.find(2, {150}), 20);
  EXPECT_EQ(*cache.find(3, {150}), 30);
}

TEST(ExpiringCache, NeverGrowsBeyondItsBoundNorGivesAnOldValue) {
  std::mt19937 random(3);
  ExpiringCache<int, int> cache(8);
  std::map<int, std::pair<int, std::int64_t>> newest;
  for (int i = 0; i < 5000; ++i) {
    const int key = static_cast<int>(random() % 20);
    const std::int64_t end = i + static_cast<std::int64_t>(random() % 50);
    cache.put(key, i, {end});
    newest[key] = {i, end};
    ASSERT_LE(cache.size(), 8U);
    const int other = static_cast<int>(random() % 20);
    if (const int* value = cache.find(other, {i})) {
      ASSERT_EQ(*value, newest[other].first);
      ASSERT_LT(i, newest[other].second);
    }
  }
}

}  // namespace
}  // namespace faasbatch::access
