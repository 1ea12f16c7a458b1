// context.store of native functions, through the supervisor's connections to real stores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "lib/json/write.h"
#include "lib/net/server.h"
#include "lib/testing/couchdb_server.h"
#include "lib/testing/redis_server.h"
#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

std::string storeObject(const std::string& kind, const std::string& url, const std::string& token = "") {
  return R"({"kind":")" + kind + R"(","url":")" + url + R"(","prefix":"default/wf/","token":")" + token +
         "\"}";
}
std::string storeSpec(const std::string& kind, const std::string& url, const std::string& token = "") {
  return R"(,"store":)" + storeObject(kind, url, token);
}

// What the test function `stores` answers when all it puts comes back and goes again.
void expectRoundTrip(const testing::Answer& answer, std::string_view id, const std::string& value) {
  EXPECT_EQ(answer.of(id, "output"), R"({"before":false,"got":)" + value + R"(,"bytes":3,"after":false})")
      << answer.of(id, "error");
  EXPECT_GT(std::stol(answer.of(id, "storeUs")), 0);
  EXPECT_LE(std::stol(answer.of(id, "storeUs")), std::stol(answer.of(id, "execUs")));
}

TEST(Store, OnRedisIsSharedByThreadsAndProcesses) {
  const testing::RedisServer redis;
  if (!redis.missing().empty()) GTEST_SKIP() << redis.missing();
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("stores", mode, 8, storeSpec("Redis", redis.url() + "/1")));
    EXPECT_EQ(pod.status("connections.redis.opened"), "0") << "nothing is opened before it is needed";
    for (int i = 0; i < 20; ++i)
      expectRoundTrip(pod.batch(NativePod::line("1", R"({"k": [1.50]})")), "1", R"({"k": [1.50]})");
    EXPECT_EQ(pod.status("connections.redis.open"), "1");
    EXPECT_EQ(pod.status("connections.redis.opened"), "1") << "all calls share one connection";
    EXPECT_EQ(pod.status("connections.redis.failed"), "0");
  }
}

TEST(Store, OnRedisTakesLargeValues) {
  const testing::RedisServer redis;
  if (!redis.missing().empty()) GTEST_SKIP() << redis.missing();
  NativePod pod;
  ASSERT_TRUE(pod.load("stores", "Threads", 8, storeSpec("Redis", "unix:" + redis.socketPath())));
  const std::string value = "\"" + std::string(4 << 20, 'x') + "\"";
  expectRoundTrip(pod.batch(NativePod::line("1", value)), "1", value);
}

TEST(Store, OnRedisFailsAtOnceWhileItIsAwayAndComesBack) {
  testing::RedisServer redis;
  if (!redis.missing().empty()) GTEST_SKIP() << redis.missing();
  NativePod pod;
  ASSERT_TRUE(pod.load("stores", "Threads", 8, storeSpec("Redis", redis.url())));
  const auto call = [&] { return pod.batch(NativePod::line("1", "1")); };
  expectRoundTrip(call(), "1", "1");
  redis.kill();
  const auto failed = call();
  EXPECT_EQ(failed.errorType("1"), "StoreUnavailable");
  EXPECT_THAT(failed.of("1", "error"), HasSubstr("redis at 127.0.0.1"));
  ASSERT_TRUE(redis.restart());
  EXPECT_TRUE(pod.pollUntil([&] { return call().of("1", "status") == "\"Succeeded\""; }));
  EXPECT_EQ(pod.status("connections.redis.open"), "1");
  EXPECT_EQ(pod.status("connections.redis.opened"), "2");
  EXPECT_NE(pod.status("connections.redis.failed"), "0");
}

TEST(Store, OnRedisHasADeadline) {
  testing::RedisServer redis;
  if (!redis.missing().empty()) GTEST_SKIP() << redis.missing();
  NativePod pod;
  ASSERT_TRUE(pod.load("stores", "Threads", 8, storeSpec("Redis", redis.url())));
  expectRoundTrip(pod.batch(NativePod::line("1", "1")), "1", "1");
  redis.pause();
  const auto failed = pod.batch(NativePod::line("1", "1"));
  EXPECT_EQ(failed.errorType("1"), "StoreUnavailable");
  EXPECT_LT(std::stol(failed.of("1", "execUs")), 15'000'000);
  redis.resume();
  EXPECT_TRUE(pod.pollUntil(
      [&] { return pod.batch(NativePod::line("1", "1")).of("1", "status") == "\"Succeeded\""; }));
}

TEST(Store, OnRedisNeedsItsPassword) {
  const testing::RedisServer redis({"--requirepass", "s3cret"});
  if (!redis.missing().empty()) GTEST_SKIP() << redis.missing();
  const std::string host = redis.url().substr(std::string("redis://").size());
  NativePod right;
  ASSERT_TRUE(right.load("stores", "Threads", 8, storeSpec("Redis", "redis://:s3cret@" + host)));
  expectRoundTrip(right.batch(NativePod::line("1", "1")), "1", "1");
  NativePod wrong;
  ASSERT_TRUE(wrong.load("stores", "Threads", 8, storeSpec("Redis", "redis://:gu3ss@" + host)));
  const auto failed = wrong.batch(NativePod::line("1", "1"));
  EXPECT_EQ(failed.errorType("1"), "StoreUnavailable");
  EXPECT_THAT(failed.body, Not(HasSubstr("gu3ss")));
}

TEST(Store, OnCouchDbKeepsBytesAndDocuments) {
  testing::CouchdbServer couchdb;
  if (!couchdb.missing().empty()) GTEST_SKIP() << couchdb.missing();
  NativePod pod;
  ASSERT_TRUE(pod.load("stores", "Threads", 8, storeSpec("CouchDB", couchdb.url("faasbatch-store-test"))));
  for (int i = 0; i < 3; ++i)
    expectRoundTrip(pod.batch(NativePod::line("1", R"({"k": 1.50})")), "1", R"({"k": 1.50})");
  EXPECT_EQ(pod.status("connections.couchdb.open"), "1");
  if (!couchdb.ours()) return;
  couchdb.kill();
  EXPECT_EQ(pod.batch(NativePod::line("1", "1")).errorType("1"), "StoreUnavailable");
  ASSERT_TRUE(couchdb.restart());
  EXPECT_TRUE(pod.pollUntil(
      [&] { return pod.batch(NativePod::line("1", "1")).of("1", "status") == "\"Succeeded\""; }));
}

TEST(Store, OnCouchDbSurvivesConflicts) {
  testing::CouchdbServer couchdb;
  if (!couchdb.missing().empty()) GTEST_SKIP() << couchdb.missing();
  NativePod pod;
  ASSERT_TRUE(pod.load("writes", "Threads", 4, storeSpec("CouchDB", couchdb.url("faasbatch-conflicts"))));
  std::string lines;
  for (int i = 0; i < 8; ++i) lines += NativePod::line(std::to_string(i), std::to_string(i));
  const auto answer = pod.batch(lines);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(answer.of(std::to_string(i), "status"), "\"Succeeded\"")
        << answer.of(std::to_string(i), "error");
}

// An agent's store, as far as docs/runtime-contract.md describes it.
class AgentStore {
 public:
  AgentStore(net::EventLoop& loop, const std::string& path) {
    auto server = net::Server::listen(
        loop, *net::Endpoint::parse("unix:" + path), {},
        [this](const net::Request& request, net::Responder responder) { responder.send(answer(request)); });
    if (server) server_ = std::move(*server);
  }
  bool listens() const { return server_ != nullptr; }
  const std::vector<std::string>& seen() const { return seen_; }
  const std::string& token() const { return token_; }

 private:
  net::Response answer(const net::Request& request) {
    seen_.push_back(request.method + " " + request.target + " " +
                    std::string(request.headers.find("Faasbatch-Ttl").value_or("")));
    token_ = request.headers.find("Authorization").value_or("");
    net::Response response;
    const auto found = values_.find(request.target);
    if (request.method == "PUT") {
      values_[request.target] = {std::string(request.headers.find("Faasbatch-Value-Type").value_or("")),
                                 request.body};
      response.status = 204;
    } else if (request.method == "DELETE") {
      values_.erase(request.target);
      response.status = 204;
    } else if (found == values_.end()) {
      response.status = 404;
    } else {
      response.headers.add("Faasbatch-Value-Type", found->second.first);
      response.body = found->second.second;
    }
    return response;
  }

  std::map<std::string, std::pair<std::string, std::string>> values_;
  std::vector<std::string> seen_;
  std::string token_;
  std::unique_ptr<net::Server> server_;
};

TEST(Store, OfTheAgentIsReachedOverItsSocket) {
  NativePod pod;
  const std::string path = pod.path() + "-store";
  const AgentStore store(pod.loop(), path);
  ASSERT_TRUE(store.listens());
  ASSERT_TRUE(pod.load("stores", "Threads", 8, storeSpec("Agent", "unix:" + path)));
  expectRoundTrip(pod.batch(NativePod::line("1", "[1, 2]")), "1", "[1, 2]");
  EXPECT_THAT(store.seen(), ::testing::Contains("PUT /v1/store/default%2Fwf%2Fbytes 60.000"));
}

TEST(Store, OfTheAgentIsShownTheTokenAndFollowedToAnotherAddress) {
  NativePod pod;
  const AgentStore first(pod.loop(), pod.path() + "-first");
  const AgentStore second(pod.loop(), pod.path() + "-second");
  const std::string moved = storeObject("Agent", "unix:" + pod.path() + "-second", "newer");
  EXPECT_EQ(pod.call("POST", "/v1/store", moved).status, 409) << "nothing is loaded yet";
  ASSERT_TRUE(
      pod.load("stores", "Threads", 8, storeSpec("Agent", "unix:" + pod.path() + "-first", "secret")));
  expectRoundTrip(pod.batch(NativePod::line("1", "1")), "1", "1");
  EXPECT_EQ(first.token(), "Bearer secret");
  EXPECT_EQ(pod.call("POST", "/v1/store", "[").status, 400);
  EXPECT_EQ(pod.call("POST", "/v1/store", R"({"kind":"Tape"})").status, 400);
  EXPECT_EQ(pod.call("GET", "/v1/store").status, 405);
  ASSERT_EQ(pod.call("POST", "/v1/store", moved).status, 200);
  const std::size_t before = first.seen().size();
  expectRoundTrip(pod.batch(NativePod::line("2", "2")), "2", "2");
  EXPECT_EQ(second.token(), "Bearer newer");
  EXPECT_EQ(first.seen().size(), before);
}

TEST(Store, SaysWhatIsWrongWithARequest) {
  NativePod pod;
  const std::string path = pod.path() + "-store";
  const AgentStore store(pod.loop(), path);
  ASSERT_TRUE(store.listens());
  ASSERT_TRUE(pod.load("misuses", "Threads", 8, storeSpec("Agent", "unix:" + path)));
  for (const auto& [deed, type] : {std::pair("key", "InvalidKey"), std::pair("long", "InvalidKey"),
                                   std::pair("large", "ValueTooLarge"), std::pair("huge", "ValueTooLarge")}) {
    const auto answer = pod.batch(NativePod::line("1", json::quoted(deed)));
    EXPECT_EQ(answer.errorType("1"), type) << deed << answer.of("1", "error");
  }
  EXPECT_EQ(pod.status("connections.agent.failed"), "0");
}

TEST(Store, ThatIsNotThereIsAnError) {
  NativePod pod;
  ASSERT_TRUE(pod.load("stores"));
  const auto answer = pod.batch(NativePod::line("1", "1"));
  EXPECT_EQ(answer.errorType("1"), "StoreUnavailable");
  EXPECT_THAT(answer.of("1", "error"), HasSubstr("no store"));
}

}  // namespace
}  // namespace faasbatch::supervisor
