// The parts of the multiplexer that decide; its connections are tested with a whole pod.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/multiplexer/backoff.h"
#include "runtime/multiplexer/redis_url.h"
#include "runtime/multiplexer/store_message.h"

namespace faasbatch::multiplexer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StoreMessage, RequestsAreTakenApart) {
  const auto put = decodeRequest(
      std::string("{\"op\":\"put\",\"key\":\"k\",\"type\":\"bytes\",\"ttl\":1.5}\n\0\n\xff", 51));
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(put->op, StoreRequest::Op::kPut);
  EXPECT_FALSE(put->isJson);
  EXPECT_EQ(put->ttlSeconds, 1.5);
  EXPECT_EQ(put->value, std::string("\0\n\xff", 3));
  const auto get = decodeRequest("{\"op\":\"get\",\"key\":\"\\u00e4\"}\n");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->key, "\xc3\xa4");
}

TEST(StoreMessage, AnyBytesAreAnswered) {
  for (const char* bad : {"", "\n", "{}\n", "{\"op\":\"get\"}\n", "{\"op\":\"get\",\"key\":\"\"}\n",
                          "{\"op\":\"scan\",\"key\":\"k\"}\n", "{\"op\":\"get\",\"key\":\"k\"}", "[\n",
                          "{\"op\":7,\"key\":\"k\"}\n"})
    EXPECT_FALSE(decodeRequest(bad)) << bad;
  EXPECT_FALSE(decodeRequest("{\"op\":\"get\",\"key\":\"" + std::string(kMaxKeyBytes + 1, 'k') + "\"}\n"));
  for (const char* odd : {"-1", "1e999", "\"x\"", "null"}) {
    const auto request = decodeRequest(std::string("{\"op\":\"put\",\"key\":\"k\",\"ttl\":") + odd + "}\n");
    if (request) {
      EXPECT_EQ(request->ttlSeconds, 0) << odd;
    }
  }
}

TEST(StoreMessage, KeysAreChecked) {
  for (const char* good : {"k", "a b/c?d#e%", "\xd0\xba"}) EXPECT_TRUE(checkKey(good)) << good;
  EXPECT_TRUE(checkKey(std::string(kMaxKeyBytes, 'k')));
  for (const std::string& bad :
       {std::string(), std::string(kMaxKeyBytes + 1, 'k'), std::string("a\nb"), std::string("\x7f")})
    EXPECT_EQ(checkKey(bad).error().kind, "InvalidKey");
  EXPECT_EQ(decodeRequest("{\"op\":\"get\",\"key\":\"a\\nb\"}\n").error().kind, "InvalidKey");
}

TEST(StoreMessage, AnswersHaveTheirSize) {
  const std::string found = encodeAnswer(StoreAnswer{true, false, "value"});
  EXPECT_EQ(decodeSize(found), found.size() - kSizeBytes);
  EXPECT_THAT(found, HasSubstr("{\"ok\":true,\"found\":true,\"type\":\"bytes\"}\nvalue"));
  EXPECT_THAT(encodeAnswer(base::fail("StoreUnavailable", "x")),
              HasSubstr(R"({"ok":false,"error":{"type":"StoreUnavailable","message":"x"}})"));
}

TEST(RedisUrl, IsTakenApart) {
  const auto url = parseRedisUrl("redis://us%40er:pa%3Ass@[::1]:7000/3?x=1");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 7000);
  EXPECT_EQ(url->user, "us@er");
  EXPECT_EQ(url->password, "pa:ss");
  EXPECT_EQ(url->database, 3);
  EXPECT_THAT(url->describe(), Not(HasSubstr("pa:ss")));
  EXPECT_EQ(parseRedisUrl("redis://host")->port, 6379);
  EXPECT_EQ(parseRedisUrl("redis://:p@host/")->password, "p");
  EXPECT_EQ(parseRedisUrl("unix:///run/r.sock")->path, "/run/r.sock");
}

TEST(RedisUrl, WrongOnesNameNoPassword) {
  for (const char* wrong :
       {"", "http://h", "rediss://h", "redis://", "redis://:secret@", "redis://:secret@h:0", "redis://h:x",
        "redis://:secret@h:99999", "redis://h/x", "redis://h/-1", "redis://[::1", "redis://:%zz@h"}) {
    const auto url = parseRedisUrl(wrong);
    ASSERT_FALSE(url) << wrong;
    EXPECT_EQ(url.error().kind, "StoreUnavailable");
    EXPECT_THAT(url.error().message, Not(HasSubstr("secret")));
  }
}

TEST(Backoff, DoublesToItsBoundAndForgets) {
  Backoff backoff;
  base::Instant now{1'000'000'000};
  EXPECT_TRUE(backoff.mayTry(now));
  base::Duration last{};
  for (int i = 0; i < 20; ++i) {
    backoff.failed(now);
    EXPECT_FALSE(backoff.mayTry(now));
    EXPECT_GE(backoff.untilNextTry(now), last);
    EXPECT_LE(backoff.untilNextTry(now), Backoff::kLongest);
    last = backoff.untilNextTry(now);
    now = now + last;
    EXPECT_TRUE(backoff.mayTry(now));
  }
  backoff.succeeded();
  EXPECT_TRUE(backoff.mayTry(now));
}

}  // namespace
}  // namespace faasbatch::multiplexer
