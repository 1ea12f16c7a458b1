#include "node-agent/batching/deadline_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace faasbatch::batching {
namespace {

struct Item : DeadlineItem {};

TEST(DeadlineHeap, ForgetsItemsThatLeave) {
  DeadlineHeap<Item> heap;
  Item a;
  Item b;
  heap.remove(a);
  heap.set(a, {5});
  heap.set(b, {3});
  EXPECT_EQ(&heap.top(), &b);
  heap.set(b, {9});
  EXPECT_EQ(&heap.top(), &a);
  heap.remove(a);
  heap.remove(a);
  EXPECT_EQ(&heap.top(), &b);
  heap.remove(b);
  EXPECT_TRUE(heap.empty());
}

TEST(DeadlineHeap, TopIsTheEarliestAfterAnySteps) {
  std::mt19937_64 random(3);
  std::vector<Item> items(60);
  std::vector<bool> in(items.size(), false);
  DeadlineHeap<Item> heap;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = random() % items.size();
    if (random() % 3 == 0) {
      heap.remove(items[i]);
      in[i] = false;
    } else {
      heap.set(items[i], {static_cast<std::int64_t>(random() % 100)});
      in[i] = true;
    }
    ASSERT_EQ(heap.size(), static_cast<std::size_t>(std::ranges::count(in, true)));
    base::Instant earliest = base::Instant::never();
    for (std::size_t k = 0; k < items.size(); ++k) {
      if (in[k]) earliest = std::min(earliest, items[k].due());
    }
    if (!heap.empty()) {
      ASSERT_EQ(heap.top().due(), earliest);
    }
  }
}

}  // namespace
}  // namespace faasbatch::batching
