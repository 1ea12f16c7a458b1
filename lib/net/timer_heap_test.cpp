#include "lib/net/timer_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace faasbatch::net {
namespace {

TEST(TimerHeap, GivesOutWhatIsDueInOrder) {
  TimerHeap heap;
  std::string order;
  heap.add({30}, [&] { order += 'c'; });
  heap.add({10}, [&] { order += 'a'; });
  heap.add({20}, [&] { order += 'b'; });
  EXPECT_EQ(heap.earliest(), base::Instant{10});
  while (auto task = heap.popDue({20})) (*task)();
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(heap.size(), 1U);
}

TEST(TimerHeap, IgnoresUnknownAndUsedUpIds) {
  TimerHeap heap;
  heap.cancel(0);
  heap.cancel(12345);
  const auto first = heap.add({1}, [] {});
  EXPECT_NE(first, 0U);
  heap.cancel(first);
  const auto second = heap.add({1}, [] {});  // takes the same slot
  EXPECT_NE(first, second);
  heap.cancel(first);
  EXPECT_EQ(heap.size(), 1U);
}

TEST(TimerHeap, MayBeUsedWhileACancelledTaskDies) {
  TimerHeap heap;
  struct Canceller {
    TimerHeap* heap;
    base::TimerId other;
    ~Canceller() { heap->cancel(other); }
  };
  const auto other = heap.add({2}, [] {});
  const auto timer = heap.add({1}, [guard = std::make_unique<Canceller>(&heap, other)] {});
  heap.cancel(timer);
  EXPECT_EQ(heap.size(), 0U);
}

// Against a sorted map, through any sequence of additions, cancellations and pops.
TEST(TimerHeap, AgreesWithASortedMap) {
  std::mt19937 random(5);
  TimerHeap heap;
  std::map<base::TimerId, base::Instant> model;
  base::TimerId fired = 0;
  for (int round = 0; round < 100'000; ++round) {
    const auto choice = random() % 8;
    if (choice < 4) {
      const base::Instant when{static_cast<std::int64_t>(random() % 1000)};
      auto id = std::make_shared<base::TimerId>();
      *id = heap.add(when, [id, &fired] { fired = *id; });
      ASSERT_TRUE(model.emplace(*id, when).second);
    } else if (choice < 6 && !model.empty()) {
      const auto chosen = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      heap.cancel(chosen->first);
      model.erase(chosen);
    } else if (auto task = heap.popDue({static_cast<std::int64_t>(random() % 1000)})) {
      (*task)();
      const base::Instant when = model.at(fired);
      for (const auto& [id, other] : model) ASSERT_LE(when, other);
      model.erase(fired);
    }
    ASSERT_EQ(heap.size(), model.size());
    if (model.size() > 200) {
      while (auto task = heap.popDue(base::Instant::never())) {
        (*task)();
        ASSERT_EQ(model.erase(fired), 1U);
      }
      ASSERT_TRUE(model.empty());
    }
  }
}

}  // namespace
}  // namespace faasbatch::net
