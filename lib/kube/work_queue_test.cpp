#include "lib/kube/work_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kNow{1'000'000'000'000};

TEST(WorkQueue, GivesAKeyOnceHoweverOftenItIsAdded) {
  WorkQueue queue;
  queue.add("a", kNow);
  queue.add("a", kNow + 1s);
  queue.add("a", kNow);
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.take(kNow), "a");
  EXPECT_EQ(queue.take(kNow + 1h), std::nullopt);
  EXPECT_EQ(queue.next(), base::Instant::never());
  queue.done("a");
  EXPECT_EQ(queue.take(kNow + 1h), std::nullopt);
}

TEST(WorkQueue, TakesTheEarlierOfTwoTimes) {
  WorkQueue queue;
  queue.add("a", kNow + 5s);
  queue.add("b", kNow + 3s);
  EXPECT_EQ(queue.next(), kNow + 3s);
  queue.add("a", kNow + 1s);
  EXPECT_EQ(queue.next(), kNow + 1s);
  EXPECT_EQ(queue.take(kNow), std::nullopt);
  EXPECT_EQ(queue.take(kNow + 3s), "a");
  EXPECT_EQ(queue.take(kNow + 3s), "b");
}

TEST(WorkQueue, KeepsWhatIsAddedDuringTheWorkForAfterIt) {
  WorkQueue queue;
  queue.add("a", kNow);
  ASSERT_EQ(queue.take(kNow), "a");
  queue.add("a", kNow);
  EXPECT_EQ(queue.next(), base::Instant::never());
  EXPECT_EQ(queue.take(kNow), std::nullopt);
  EXPECT_EQ(queue.running(), 1U);
  queue.done("a");
  EXPECT_EQ(queue.take(kNow), "a");
}

TEST(WorkQueue, BacksOffKeyByKey) {
  WorkQueue queue({.backoffInitial = 100ms, .backoffMax = 1s});
  base::Instant now = kNow;
  queue.add("a", now);
  for (const base::Duration expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    ASSERT_EQ(queue.take(now), "a");
    const base::Instant due = queue.failed("a", now, 0.5);
    EXPECT_EQ(due, now + expected * 3 / 4);  // half of it, and half of the other half
    EXPECT_EQ(queue.take(due + base::Duration(-1)), std::nullopt);
    now = due;
  }
  queue.add("b", now);
  ASSERT_EQ(queue.take(now), "a");
  ASSERT_EQ(queue.take(now), "b");
  EXPECT_EQ(queue.failed("b", now, 0), now + 50ms);
}

TEST(WorkQueue, ForgetsTheBackoffOfWhatSucceeded) {
  WorkQueue queue;
  base::Instant now = kNow;
  for (int i = 0; i < 5; ++i) {
    queue.add("a", now);
    ASSERT_EQ(queue.take(now), "a");
    now = queue.failed("a", now, 0.999);
    ASSERT_EQ(queue.take(now), "a");
    queue.done("a");
  }
  queue.add("a", now);
  ASSERT_EQ(queue.take(now), "a");
  EXPECT_LE(queue.failed("a", now, 0.999) - now, 100ms);
}

TEST(WorkQueue, DoesNotLetANewChangeWaitForTheBackoff) {
  WorkQueue queue;
  queue.add("a", kNow);
  ASSERT_EQ(queue.take(kNow), "a");
  queue.add("a", kNow + 1ms);
  EXPECT_EQ(queue.failed("a", kNow, 0.5), kNow + 1ms);
}

// The same rules, said as plainly as possible.
struct Model {
  std::map<std::string, base::Instant> waiting;
  std::set<std::string> running;

  void add(const std::string& key, base::Instant due) {
    const auto [entry, isNew] = waiting.emplace(key, due);
    if (!isNew) entry->second = std::min(entry->second, due);
  }
  base::Instant earliest() const {
    base::Instant first = base::Instant::never();
    for (const auto& [key, due] : waiting) {
      if (!running.contains(key)) first = std::min(first, due);
    }
    return first;
  }
};

TEST(WorkQueue, KeepsItsInvariantsUnderAnything) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return random() % n; };
    WorkQueue queue;
    Model model;
    base::Instant now = kNow;
    for (int step = 0; step < 500; ++step) {
      const std::string key(1, static_cast<char>('a' + below(6)));
      switch (below(5)) {
        case 0:
        case 1: {
          const base::Instant due = now + std::chrono::milliseconds(below(300));
          queue.add(key, due);
          model.add(key, due);
          break;
        }
        case 2:
          if (const auto taken = queue.take(now)) {
            ASSERT_FALSE(model.running.contains(*taken)) << "beside itself";
            ASSERT_EQ(model.waiting.at(*taken), model.earliest()) << "out of order";
            ASSERT_LE(model.waiting.at(*taken), now) << "early";
            model.waiting.erase(*taken);
            model.running.insert(*taken);
          } else {
            ASSERT_GT(model.earliest(), now) << "withheld";
          }
          break;
        case 3:
          if (!model.running.empty()) {
            const std::string ended = *model.running.begin();
            model.running.erase(ended);
            if (below(2) == 0) {
              queue.done(ended);
            } else {
              const base::Instant due = queue.failed(ended, now, below(100) / 100.0);
              model.add(ended, due);
              ASSERT_EQ(model.waiting.at(ended), due);
            }
          }
          break;
        default:
          now = now + std::chrono::milliseconds(below(100));
      }
      ASSERT_EQ(queue.size(), model.waiting.size());
      ASSERT_EQ(queue.running(), model.running.size());
      ASSERT_EQ(queue.next(), model.earliest());
    }
  }
}

}  // namespace
}  // namespace faasbatch::kube
