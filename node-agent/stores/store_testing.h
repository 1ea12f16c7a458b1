// What the stores' tests share: a store on a real loop, with calls that wait for their answers, and the
// property every store must have.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/testing/eventually.h"
#include "node-agent/stores/store.h"

namespace faasbatch::stores {

class StoreTest : public ::testing::Test {
 protected:
  static constexpr base::Duration kLong = std::chrono::seconds(20);

  bool runUntil(std::function<bool()> condition) { return testing::runUntil(*loop_, std::move(condition)); }
  base::Instant soon(base::Duration d) const { return loop_->now() + d; }

  template <class T, class Call>
  base::Result<T> answer(Call call) {
    // Shared: an answer that comes after all is not written to a dead place.
    auto result = std::make_shared<std::optional<base::Result<T>>>();
    loop_->post([this, call = std::move(call), result]() mutable {
      call([this, result](base::Result<T> r) {
        *result = std::move(r);
        loop_->stop();
      });
      EXPECT_FALSE(result->has_value()) << "called back from inside the call";
    });
    const bool answered = runUntil([result] { return result->has_value(); });
    EXPECT_TRUE(answered || runUntil([result] { return result->has_value(); }));
    return *result ? std::move(**result) : base::fail("NoAnswer", "none came");
  }
  base::Result<void> put(const std::string& key, Value value, base::Duration ttl = {},
                         base::Duration within = kLong) {
    return answer<void>([this, key, value = std::move(value), ttl, within](auto done) mutable {
      store_->put(key, std::move(value), ttl, soon(within), std::move(done));
    });
  }
  base::Result<std::optional<Value>> get(const std::string& key, base::Duration within = kLong) {
    return answer<std::optional<Value>>(
        [this, key, within](auto done) { store_->get(key, soon(within), std::move(done)); });
  }
  base::Result<void> remove(std::vector<std::string> keys, base::Duration within = kLong) {
    return answer<void>([this, keys = std::move(keys), within](auto done) mutable {
      store_->remove(std::move(keys), soon(within), std::move(done));
    });
  }
  std::string text(const std::string& key) {
    const auto value = get(key);
    return !value   ? "error: " + value.error().message
           : *value ? (*value)->type + ":" + (*value)->bytes
                    : "none";
  }

  // Any sequence of operations leaves what it would leave in a map.
  void equalsAMap(int operations, std::size_t largest, unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    const std::vector<std::string> keys = {
        "a", "b/c", "_d", "e f", "%41", "\xc3\xa9?x=1#y", "+", "run:1/step.2[3]", "\"\\"};
    std::map<std::string, Value> expected;
    for (int i = 0; i < operations; ++i) {
      const std::string& key = keys[below(keys.size())];
      const std::size_t choice = below(10);
      if (choice < 5) {
        Value value = randomValue(random, below(4) == 0 ? largest : 200);
        ASSERT_TRUE(put(key, value)) << i;
        expected[key] = std::move(value);
      } else if (choice < 9) {
        const auto found = get(key);
        ASSERT_TRUE(found) << i << " " << found.error().message;
        const auto wanted = expected.find(key);
        ASSERT_EQ(found->has_value(), wanted != expected.end()) << i << " " << key;
        if (!found->has_value()) continue;
        ASSERT_EQ((*found)->type, wanted->second.type) << i << " " << key;
        ASSERT_TRUE((*found)->bytes == wanted->second.bytes) << i << " " << key;
      } else {
        const std::string& other = keys[below(keys.size())];
        ASSERT_TRUE(remove({key, other, "never"})) << i;
        expected.erase(key);
        expected.erase(other);
      }
    }
  }

  static Value randomValue(std::mt19937& random, std::size_t largest) {
    Value value;
    const std::size_t size = std::uniform_int_distribution<std::size_t>(0, largest)(random);
    if (random() % 2 == 0) {
      value.type = "bytes";
      for (std::size_t i = 0; i < size; ++i) value.bytes += static_cast<char>(random() % 256);
    } else {
      value.bytes = R"({"t":"\ud83d\u0000\\ )";
      for (std::size_t i = 0; i < size; ++i) value.bytes += "ab\xc3\xa9"[random() % 2];
      value.bytes += R"(","n":1.0e400,"n":2})";
    }
    return value;
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  telemetry::Registry metrics_;
  std::unique_ptr<Store> store_;
};

}  // namespace faasbatch::stores
