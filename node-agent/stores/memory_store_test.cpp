#include <gtest/gtest.h>
#include <malloc.h>

#include "lib/base/fake_loop.h"
#include "node-agent/stores/store.h"
#include "node-agent/stores/store_testing.h"

namespace faasbatch::stores {
namespace {

using std::chrono::seconds;

class MemoryStoreTest : public testing::Test {
 protected:
  base::Result<void> put(const std::string& key, Value value, base::Duration ttl = {}) {
    std::optional<base::Result<void>> result;
    store_->put(key, std::move(value), ttl, base::Instant::never(), [&](auto r) { result = std::move(r); });
    EXPECT_FALSE(result) << "called back from inside the call";
    loop_.runReady();
    return *result;
  }
  base::Result<std::optional<Value>> get(const std::string& key) {
    std::optional<base::Result<std::optional<Value>>> result;
    store_->get(key, base::Instant::never(), [&](auto r) { result = std::move(r); });
    EXPECT_FALSE(result) << "called back from inside the call";
    loop_.runReady();
    return *result;
  }

  base::FakeLoop loop_;
  telemetry::Registry metrics_;
  std::unique_ptr<Store> store_ = makeMemoryStore(loop_, metrics_, {.maxBytes = 2000});
};

TEST_F(MemoryStoreTest, KeepsBytesAndType) {
  ASSERT_TRUE(put("a", {std::string("\0\xff", 2), "bytes"}));
  const auto value = get("a");
  ASSERT_TRUE(value && *value);
  EXPECT_EQ((*value)->bytes, std::string("\0\xff", 2));
  EXPECT_EQ((*value)->type, "bytes");
  EXPECT_EQ(get("b")->has_value(), false);
}

TEST_F(MemoryStoreTest, ForgetsWhatHasExpired) {
  ASSERT_TRUE(put("short", {"1"}, seconds(5)));
  ASSERT_TRUE(put("long", {"2"}, seconds(500)));
  ASSERT_TRUE(put("ever", {"3"}));
  loop_.advance(seconds(6));
  EXPECT_FALSE(get("short")->has_value());
  EXPECT_TRUE(get("long")->has_value());
  loop_.advance(seconds(600));
  EXPECT_FALSE(get("long")->has_value());
  EXPECT_TRUE(get("ever")->has_value());
  EXPECT_EQ(loop_.pendingTimers(), 0U);
}

TEST_F(MemoryStoreTest, APutRenewsTheTimeToLive) {
  ASSERT_TRUE(put("a", {"1"}, seconds(5)));
  ASSERT_TRUE(put("a", {"2"}));
  loop_.advance(seconds(60));
  EXPECT_EQ(get("a")->value().bytes, "2");
}

TEST_F(MemoryStoreTest, RefusesWhatDoesNotFitAndTakesItAfterARemoval) {
  ASSERT_TRUE(put("a", {std::string(1500, 'x')}));
  const auto refused = put("b", {std::string(1000, 'y')});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "StoreUnavailable");
  EXPECT_TRUE(put("a", {std::string(1600, 'z')})) << "replacing frees the old value first";
  bool removed = false;
  store_->remove({"a", "never"}, base::Instant::never(), [&](auto r) { removed = r.has_value(); });
  loop_.runReady();
  EXPECT_TRUE(removed);
  EXPECT_TRUE(put("b", {std::string(1000, 'y')}));
}

TEST_F(MemoryStoreTest, ExpiredValuesMakeRoomAtOnce) {
  ASSERT_TRUE(put("a", {std::string(1500, 'x')}, seconds(1)));
  loop_.advance(seconds(2));
  EXPECT_TRUE(put("b", {std::string(1500, 'y')}));
}

TEST_F(MemoryStoreTest, RefusesBadKeysAndValues) {
  for (const std::string& key : {std::string(), std::string(kMaxKeyBytes + 1, 'k'), std::string("a\nb"),
                                 std::string("\xc3"), std::string("a\0b", 3)}) {
    EXPECT_EQ(put(key, {"1"}).error().kind, "InvalidKey") << key;
    EXPECT_EQ(get(key).error().kind, "InvalidKey") << key;
  }
  EXPECT_TRUE(put(std::string(kMaxKeyBytes, 'k'), {"1"}));
  EXPECT_EQ(put("a", {"1", "xml"}).error().kind, "InvalidKey");
  EXPECT_EQ(put("a", {std::string(kMaxValueBytes + 1, 'x')}).error().kind, "ValueTooLarge");
}

TEST_F(MemoryStoreTest, CopiesAValueWhenItIsHandedOver) {
  const auto heap = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  if (heap() == 0) GTEST_SKIP() << "the allocator of a sanitizer does not count";
  constexpr std::size_t kBytes = 1 << 20;
  store_ = makeMemoryStore(loop_, metrics_);
  ASSERT_TRUE(put("k", {std::string(kBytes, 'x')}));
  const std::size_t before = heap();
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    store_->get("k", base::Instant::never(), [&](const base::Result<std::optional<Value>>& value) {
      ASSERT_TRUE(value && *value);
      EXPECT_EQ((*value)->bytes.front(), 'x') << "as it was when it was asked for";
      EXPECT_LT(heap(), before + 3 * kBytes);
      ++answered;
    });
  }
  EXPECT_LT(heap(), before + kBytes);
  ASSERT_TRUE(put("k", {"2"}));
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(get("k")->value().bytes, "2");
}

class MemoryStorePropertyTest : public StoreTest {};

TEST_F(MemoryStorePropertyTest, EqualsAMap) {
  store_ = makeMemoryStore(*loop_, metrics_);
  equalsAMap(600, 300'000, 3);
}

}  // namespace
}  // namespace faasbatch::stores
