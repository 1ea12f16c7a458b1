#include <gtest/gtest.h>

#include <atomic>

#include "node-agent/journal/journal_testing.h"

namespace faasbatch::journal {
namespace {

// A clock that a test sets, readable from the journal's threads.
class SetClock final : public base::Clock {
 public:
  base::Instant now() const override { return {now_.load()}; }
  void set(std::int64_t ns) { now_.store(ns); }

 private:
  std::atomic<std::int64_t> now_{1'700'000'000'000'000'000};
};

constexpr base::Duration kHour = std::chrono::hours(1);

class RetentionTest : public JournalTest {
 protected:
  std::size_t records() { return list({.limit = 10'000}).items.size(); }
  void finishMany(int from, int to, std::size_t bytes = 0) {
    for (int i = from; i < to; ++i) {
      FinishedRun run = finished(head("id" + std::to_string(10'000 + i), "key" + std::to_string(i)));
      run.logs.assign(bytes, 'x');
      journal_->finish(std::move(run), nullptr);
    }
    ASSERT_TRUE(begin(head("barrier" + std::to_string(to))));
  }
};

TEST_F(RetentionTest, ByNumberTheOldestGoFirst) {
  open({.maxRecords = 100, .maxAge = base::Duration::max()});
  finishMany(0, 1000);
  EXPECT_TRUE(loop_.runUntil([&] { return records() == 100; }));
  EXPECT_FALSE(find("id10899"));
  EXPECT_FALSE(owner("key899"));
  EXPECT_TRUE(find("id10900"));
  open({.maxRecords = 50, .maxAge = base::Duration::max()});
  EXPECT_TRUE(loop_.runUntil([&] { return records() == 50; })) << "a lower limit holds after a restart";
}

TEST_F(RetentionTest, ByBytes) {
  open({.maxAge = base::Duration::max(), .maxRecordBytes = 1 << 20});
  finishMany(0, 100, 64 << 10);
  EXPECT_TRUE(loop_.runUntil([&] { return records() <= 16; }));
  EXPECT_TRUE(find("id10099"));
}

TEST_F(RetentionTest, ByAge) {
  open({.maxAge = kHour});
  const base::Instant now = loop_.now();
  journal_->finish(finished(head("id1"), "1", now + -2 * kHour), nullptr);
  journal_->finish(finished(head("id2"), "1", now), nullptr);
  EXPECT_TRUE(loop_.runUntil([&] { return !find("id1"); }));
  EXPECT_TRUE(find("id2"));
}

// An administrator sets the clock back while the agent is down.
TEST_F(RetentionTest, AClockSteppedBackAnHourLosesNothing) {
  SetClock clock;
  const base::Instant before = clock.now();
  faasbatch::testing::TestLoop loop(clock);
  const auto openAt = [&](base::Instant at) {
    clock.set(at.ns);
    auto journal = openSqliteJournal(loop, directory(), metrics_, {.maxAge = 24 * kHour});
    ASSERT_TRUE(journal);
    journal_ = std::move(*journal);
  };
  openAt(before);
  journal_->finish(finished(head(base::newInvocationId(before), "k1", before), "1", before), nullptr);
  journal_->begin(head(base::newInvocationId(before), "k2", before), {event(0)}, nullptr);
  journal_.reset();
  const base::Instant earlier = before + -kHour;
  openAt(earlier);
  EXPECT_EQ(unfinished().size(), 1U);
  bool done = false;
  journal_->finish(finished(head("0", "k3", earlier), "1", earlier),
                   [&](auto result) { done = result.has_value(); });
  ASSERT_TRUE(loop.runUntil([&] { return done; }));
  std::size_t found = 0;
  journal_->list({}, [&](auto page) { found = page->items.size(); });
  ASSERT_TRUE(loop.runUntil([&] { return found > 0; }));
  EXPECT_EQ(found, 2U);
  std::optional<bool> owned;
  journal_->findKey("default", "flow", "", "k1", earlier + -24 * kHour,
                    [&](auto result) { owned = result->has_value(); });
  ASSERT_TRUE(loop.runUntil([&] { return owned.has_value(); }));
  EXPECT_TRUE(*owned);
  journal_.reset();  // before its loop
}

}  // namespace
}  // namespace faasbatch::journal
