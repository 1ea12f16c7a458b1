#include <gmock/gmock.h>

#include "lib/testing/redis_server.h"
#include "node-agent/stores/store_testing.h"

namespace faasbatch::stores {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class RedisStoreTest : public StoreTest {
 protected:
  void start(std::vector<std::string> options = {}, const std::string& login = "") {
    server_ = std::make_unique<testing::RedisServer>(std::move(options));
    if (!server_->missing().empty()) GTEST_SKIP() << server_->missing();
    open("redis://" + login + "127.0.0.1:" + std::to_string(server_->port()));
  }
  void open(const std::string& url) {
    auto store = makeRedisStore(*loop_, metrics_, url);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }

  std::unique_ptr<testing::RedisServer> server_;
};

#define START(...)    \
  start(__VA_ARGS__); \
  if (IsSkipped()) return

TEST_F(RedisStoreTest, EqualsAMap) {
  START();
  equalsAMap(600, 300'000, 1);
}

TEST_F(RedisStoreTest, TakesTheLargestValueAndNoLarger) {
  START();
  const std::string largest(kMaxValueBytes, 'x');
  ASSERT_TRUE(put("a", {largest, "bytes"}));
  const auto found = get("a");
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE((*found)->bytes == largest);
  EXPECT_EQ(put("a", {largest + "x", "bytes"}).error().kind, "ValueTooLarge");
  EXPECT_EQ(put("", {"1"}).error().kind, "InvalidKey");
  EXPECT_TRUE(remove({}));
}

TEST_F(RedisStoreTest, ValuesExpire) {
  START();
  ASSERT_TRUE(put("short", {"1"}, milliseconds(30)));
  ASSERT_TRUE(put("long", {"2"}, seconds(600)));
  bool asked = false;
  bool gone = false;
  EXPECT_TRUE(runUntil([&] {
    if (!std::exchange(asked, true))
      store_->get("short", soon(kLong), [&](auto v) { asked = false, gone = v && !*v; });
    return gone;
  }));
  EXPECT_EQ(text("long"), "json:2");
  ASSERT_TRUE(put("long", {"3"})) << "without a time to live again";
}

TEST_F(RedisStoreTest, ManyAtOnceKeepTheirOrder) {
  START();
  int wrong = 0;
  int answered = 0;
  loop_->post([&] {
    for (int i = 0; i < 2000; ++i) {
      store_->put("k", {std::to_string(i)}, {}, soon(kLong), [&](auto r) { wrong += r ? 0 : 1; });
      store_->get("k", soon(kLong), [&, i](auto v) {
        ++answered;
        if (!v || !*v || (*v)->bytes != std::to_string(i)) ++wrong;
      });
    }
  });
  EXPECT_TRUE(runUntil([&] { return answered == 2000; }));
  EXPECT_EQ(wrong, 0);
}

TEST_F(RedisStoreTest, KilledItIsUnavailableAndUsedAgainWhenItIsBack) {
  START();
  ASSERT_TRUE(put("a", {"1"}));
  server_->kill();
  const auto failed = put("a", {"2"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, "StoreUnavailable");
  EXPECT_THAT(failed.error().message, HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
  EXPECT_EQ(get("a").error().kind, "StoreUnavailable");
  ASSERT_TRUE(server_->restart());
  EXPECT_TRUE(testing::eventually([&] { return put("a", {"3"}).has_value(); }));
  EXPECT_EQ(text("a"), "json:3");
}

TEST_F(RedisStoreTest, RestartedBetweenTwoCallsNobodyNotices) {
  START();
  ASSERT_TRUE(put("a", {"1"}));
  ASSERT_TRUE(server_->restart());
  EXPECT_EQ(text("a"), "none") << "the lost connection is made anew";
}

TEST_F(RedisStoreTest, StoppedItMissesTheDeadlineAndGoesOnAfterwards) {
  START();
  ASSERT_TRUE(put("a", {"1"}));
  server_->pause();
  const auto slow = get("a", milliseconds(100));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind, "StoreUnavailable");
  EXPECT_THAT(slow.error().message, HasSubstr("deadline"));
  EXPECT_FALSE(put("b", {std::string(8 << 20, 'x')}, {}, milliseconds(100))) << "more than the socket takes";
  server_->resume();
  EXPECT_EQ(text("a"), "json:1") << "late replies are not taken for new ones";
}

TEST_F(RedisStoreTest, FullItSaysSo) {
  START({"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"});
  base::Result<void> result;
  for (int i = 0; i < 100 && result; ++i) result = put("k" + std::to_string(i), {std::string(100'000, 'x')});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, "StoreUnavailable");
  EXPECT_THAT(result.error().message, HasSubstr("is full"));
  EXPECT_TRUE(get("k0").value().has_value()) << "reading goes on";
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back("k" + std::to_string(i));
  ASSERT_TRUE(remove(keys));
  EXPECT_TRUE(testing::eventually([&] { return put("k0", {"1"}).has_value(); }));
}

TEST_F(RedisStoreTest, LogsIn) {
  START({"--requirepass", "s3cr&t/x"}, ":s3cr%26t%2Fx@");
  EXPECT_TRUE(put("a", {"1"}));
  open("redis://:wr0ng@127.0.0.1:" + std::to_string(server_->port()));
  const auto refused = put("a", {"1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "StoreUnavailable");
  EXPECT_THAT(refused.error().message, HasSubstr("password"));
  EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("wr0ng")));
  open(server_->url());
  EXPECT_THAT(put("a", {"1"}).error().message, HasSubstr("password"));
}

TEST_F(RedisStoreTest, UnixSocketsDatabasesAndNames) {
  START();
  ASSERT_TRUE(put("a", {"1"}));
  open("redis+unix://" + server_->socketPath());
  EXPECT_EQ(text("a"), "json:1");
  open("redis+unix://" + server_->socketPath() + "?db=3");
  EXPECT_EQ(text("a"), "none");
  ASSERT_TRUE(put("a", {"3"}));
  open("redis://localhost:" + std::to_string(server_->port()) + "/3");
  EXPECT_EQ(text("a"), "json:3");
  open("redis://no-such-host.invalid");
  EXPECT_EQ(put("a", {"1"}).error().kind, "StoreUnavailable");
}

TEST_F(RedisStoreTest, ClosedWithCallsUnderWay) {
  START();
  ASSERT_TRUE(put("a", {"1"}));
  server_->pause();
  std::vector<std::string> kinds;
  loop_->post([&] {
    for (int i = 0; i < 3; ++i) {
      store_->get("a", base::Instant::never(), [&](auto v) { kinds.push_back(v ? "" : v.error().kind); });
    }
    store_.reset();
  });
  ASSERT_TRUE(runUntil([&] { return kinds.size() == 3; }));
  EXPECT_THAT(kinds, ::testing::Each("StoreUnavailable"));
}

TEST(RedisUrlTest, BadUrlsAreErrorsWithoutSecrets) {
  const auto loop = net::EventLoop::make();
  telemetry::Registry metrics;
  for (const char* url :
       {"", "http://h", "redis://", "redis://:s3cret@", "redis://:s3cret@h:0", "redis://:s3cret@h:99999",
        "redis://h/x", "redis://h/-1", "redis+unix://relative", "redis://:s3cret%zz@h", "redis://[::1"}) {
    const auto store = makeRedisStore(*loop, metrics, url);
    ASSERT_FALSE(store) << url;
    EXPECT_EQ(store.error().kind, "InvalidUrl");
    EXPECT_THAT(store.error().message, ::testing::Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace faasbatch::stores
