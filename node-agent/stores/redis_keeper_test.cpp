#include "node-agent/stores/redis_keeper.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "lib/testing/eventually.h"
#include "lib/testing/redis_server.h"
#include "node-agent/stores/store.h"

namespace faasbatch::stores {
namespace {

using Found = RedisKeeper::Found;
using std::chrono::milliseconds;

// A Redis as the chart starts it.
class RedisKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!redis_.missing().empty()) GTEST_SKIP() << redis_.missing();
  }
  RedisKeeperOptions options(base::Duration patience = std::chrono::seconds(30)) const {
    return {.url = "redis+unix://" + redis_.socketPath(),
            .snapshot = redis_.snapshotPath(),
            .every = milliseconds(10),
            .patience = patience};
  }
  Found await() const {
    const auto found = awaitRedis(options());
    EXPECT_TRUE(found);
    return found.value_or(Found::kLoading);
  }
  bool hasSnapshot() const { return std::filesystem::exists(redis_.snapshotPath()); }
  // Watches until a look finds `found`.
  bool watchUntil(Found found) {
    bool seen = false;
    auto keeper = RedisKeeper::make(*loop_, metrics_, options(milliseconds(50)),
                                    [&](Found now) { seen = seen || now == found; });
    return keeper && testing::runUntil(*loop_, [&] { return seen; });
  }
  void put(const std::string& key, const std::string& bytes) {
    const auto store = makeRedisStore(*loop_, metrics_, options().url);
    bool done = false;
    loop_->post([&] {
      (*store)->put(key, {bytes, "json"}, std::chrono::hours(1), base::Instant::never(),
                    [&](const auto& put) { done = put.has_value(); });
    });
    ASSERT_TRUE(testing::runUntil(*loop_, [&] { return done; }));
  }
  std::string get(const std::string& key) {
    const auto store = makeRedisStore(*loop_, metrics_, options().url);
    std::optional<std::string> text;
    loop_->post([&] {
      (*store)->get(key, base::Instant::never(), [&](const auto& value) {
        text = !value ? value.error().message : *value ? (*value)->bytes : "none";
      });
    });
    EXPECT_TRUE(testing::runUntil(*loop_, [&] { return text.has_value(); }));
    return text.value_or("");
  }

  testing::RedisServer redis_{{"--shutdown-on-sigterm", "save", "force"}};
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  telemetry::Registry metrics_;
};

TEST_F(RedisKeeperTest, APlannedReplacementKeepsTheDataAndLoadsItOnce) {
  EXPECT_EQ(await(), Found::kEmpty);
  put("k", "1");
  redis_.end();
  ASSERT_TRUE(hasSnapshot());
  ASSERT_TRUE(redis_.restart());
  EXPECT_EQ(await(), Found::kKept);
  EXPECT_EQ(get("k"), "1");
  EXPECT_FALSE(hasSnapshot());
  // Killed, it has nothing, and nothing old either.
  ASSERT_TRUE(redis_.restart());
  EXPECT_EQ(await(), Found::kEmpty);
  EXPECT_EQ(get("k"), "none");
}

TEST_F(RedisKeeperTest, AnAgentThatComesBackAloneFindsWhatItStored) {
  EXPECT_EQ(await(), Found::kEmpty);
  EXPECT_EQ(await(), Found::kKept);
}

TEST_F(RedisKeeperTest, ADamagedSnapshotIsDeletedAndRedisStartsEmpty) {
  EXPECT_EQ(await(), Found::kEmpty);
  put("k", std::string(1000, 'x'));
  redis_.end();
  {
    std::fstream file(redis_.snapshotPath(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file << std::string(40, '\xff');
  }
  ASSERT_FALSE(redis_.restart()) << "Redis does not start with it";
  ASSERT_TRUE(hasSnapshot());
  bool deleted = false;
  const auto keeper = RedisKeeper::make(*loop_, metrics_, options(milliseconds(50)),
                                        [&](Found) { deleted = deleted || !hasSnapshot(); });
  ASSERT_TRUE(keeper);
  EXPECT_TRUE(testing::runUntil(*loop_, [&] { return deleted; }));
  ASSERT_TRUE(redis_.restart());
  EXPECT_TRUE(watchUntil(Found::kEmpty));
}

TEST_F(RedisKeeperTest, ASnapshotThatCannotBeWrittenDoesNotKeepRedisFromEnding) {
  EXPECT_EQ(await(), Found::kEmpty);
  std::filesystem::create_directory(redis_.snapshotPath());  // instead of a full disk
  redis_.end();
  std::filesystem::remove(redis_.snapshotPath());
  ASSERT_TRUE(redis_.restart());
  EXPECT_EQ(await(), Found::kEmpty);
}

TEST_F(RedisKeeperTest, CountsWhatIsLostUnderAnAgentThatGoesOn) {
  Found last = Found::kAway;
  const auto keeper = RedisKeeper::make(*loop_, metrics_, options(), [&](Found found) { last = found; });
  ASSERT_TRUE(testing::runUntil(*loop_, [&] { return last == Found::kKept; })) << "after it was empty";
  telemetry::Counter& losses = metrics_.counter("faasbatch_node_store_losses_total", "");
  EXPECT_EQ(losses.value(), 0U);
  ASSERT_TRUE(redis_.restart());
  EXPECT_TRUE(testing::runUntil(*loop_, [&] { return losses.value() == 1; }));
  EXPECT_TRUE(testing::runUntil(*loop_, [&] { return last == Found::kKept; }));
  EXPECT_EQ(losses.value(), 1U);
}

TEST_F(RedisKeeperTest, LetsGoWhoWaitsForItsEnd) {
  const std::vector<std::string> wait = {"redis-cli",      "-s", redis_.socketPath(), "BLPOP",
                                         "faasbatch:left", "30"};
  bool left = false;
  {
    Found last = Found::kAway;
    const auto keeper = RedisKeeper::make(*loop_, metrics_, options(), [&](Found found) { last = found; });
    ASSERT_TRUE(testing::runUntil(*loop_, [&] { return last == Found::kKept; }));
    testing::ChildProcess waiting(wait);
    (*keeper)->leave([&] { left = true; });
    EXPECT_TRUE(testing::runUntil(*loop_, [&] { return left; }));
    EXPECT_EQ(waiting.wait(), 0);
    EXPECT_NE(waiting.output().find("faasbatch:left"), std::string::npos);
    (*keeper)->leave([] {});
    testing::ChildProcess late(wait);
    EXPECT_TRUE(testing::runUntil(*loop_, [&] { return !late.running(); }))
        << "who comes later does not wait";
    left = false;
    (*keeper)->leave([&] { left = true; });
    EXPECT_TRUE(testing::runUntil(*loop_, [&] { return left; }));
  }
  // The next agent forgets that the one before it left.
  EXPECT_EQ(await(), Found::kKept);
  testing::ChildProcess next({"redis-cli", "-s", redis_.socketPath(), "LLEN", "faasbatch:left"});
  EXPECT_EQ(next.wait(), 0);
  EXPECT_EQ(next.output(), "0\n");
}

TEST_F(RedisKeeperTest, LeavingDoesNotWaitForARedisThatIsGone) {
  const auto keeper = RedisKeeper::make(*loop_, metrics_, options(), nullptr);
  redis_.kill();
  bool left = false;
  (*keeper)->leave([&] { left = true; });
  EXPECT_TRUE(testing::runUntil(*loop_, [&] { return left; }));
}

}  // namespace
}  // namespace faasbatch::stores
