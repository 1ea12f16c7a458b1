#include <gmock/gmock.h>

#include "lib/base/ids.h"
#include "lib/net/curl_client.h"
#include "lib/testing/couchdb_server.h"
#include "node-agent/stores/couch_document.h"
#include "node-agent/stores/store_testing.h"

namespace faasbatch::stores {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class CouchdbStoreTest : public StoreTest {
 protected:
  void start(testing::CouchdbServer::Login login = {"", ""}) {
    server_ = std::make_unique<testing::CouchdbServer>(std::move(login));
    if (!server_->missing().empty()) GTEST_SKIP() << server_->missing();
    store_ = open(server_->url(database_));
  }
  std::unique_ptr<Store> open(const std::string& url, CouchdbOptions options = {}) {
    auto store = makeCouchdbStore(*loop_, metrics_, url, options);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  // A request past the store: what the server itself says.
  net::Response ask(const std::string& method, const std::string& target, const std::string& body = "") {
    const auto client = net::CurlClient::make(*loop_, server_->url(database_));
    net::Request request{method, target, {}, body};
    request.headers.add("Content-Type", "application/json");
    auto response =
        answer<net::Response>([&](auto done) { (*client)->call(request, soon(kLong), std::move(done)); });
    EXPECT_TRUE(response) << (response ? "" : response.error().message);
    return response.value_or(net::Response{});
  }

  const std::string database_ = base::newName("test");
  std::unique_ptr<testing::CouchdbServer> server_;
};

#define START(...)    \
  start(__VA_ARGS__); \
  if (IsSkipped()) return

#define START_OURS(...) \
  START(__VA_ARGS__);   \
  if (!server_->ours()) GTEST_SKIP() << "needs a server that may be killed"

TEST_F(CouchdbStoreTest, EqualsAMap) {
  START();
  equalsAMap(300, 200'000, 2);
}

TEST_F(CouchdbStoreTest, LargeValuesAreAttachments) {
  START();
  const std::string large(6 << 20, 'x');
  ASSERT_TRUE(put("large", {large}));
  ASSERT_TRUE(put("small", {"1"}));
  EXPECT_THAT(ask("GET", documentTarget(documentId("large"))).body, HasSubstr("\"stub\":true"));
  EXPECT_THAT(ask("GET", documentTarget(documentId("small"))).body, Not(HasSubstr("_attachments")));
  const auto found = get("large");
  ASSERT_TRUE(found && *found) << (found ? "none" : found.error().message);
  EXPECT_TRUE((*found)->bytes == large);
  ASSERT_TRUE(put("large", {"small now"}));
  EXPECT_EQ(text("large"), "json:small now");
  ASSERT_TRUE(put("large", {large, "bytes"}));
  ASSERT_TRUE(remove({"large"}));
  EXPECT_EQ(text("large"), "none");
}

TEST_F(CouchdbStoreTest, PutsThatComeTogetherShareARequest) {
  START_OURS();
  ASSERT_TRUE(put("first", {"1"}));
  int done = 0;
  loop_->post([&] {
    for (int i = 0; i < 400; ++i) {
      store_->put("k" + std::to_string(i), {std::to_string(i)}, {}, soon(kLong),
                  [&](auto r) { done += r ? 1 : 0; });
    }
  });
  ASSERT_TRUE(runUntil([&] { return done == 400; }));
  EXPECT_EQ(text("k399"), "json:399");
  const std::string log = server_->output();
  int bulks = 0;
  for (std::size_t at = 0; (at = log.find("_bulk_docs", at)) != std::string::npos; ++at) ++bulks;
  EXPECT_LE(bulks, 5) << "of 401 puts";
}

TEST_F(CouchdbStoreTest, TheLastPutOfAKeyWins) {
  START();
  int done = 0;
  loop_->post([&] {
    for (int i = 0; i < 20; ++i) {
      Value value{i % 5 == 4 ? std::string(100'000, static_cast<char>('a' + i)) : std::to_string(i)};
      store_->put("k", std::move(value), {}, soon(kLong), [&](auto r) { done += r ? 1 : 0; });
      if (i % 7 == 6) store_->remove({"k"}, soon(kLong), [&](auto r) { done += r ? 1 : 0; });
    }
  });
  ASSERT_TRUE(runUntil([&] { return done == 22; }));
  EXPECT_EQ(text("k"), "json:" + std::string(100'000, 'a' + 19));
}

TEST_F(CouchdbStoreTest, TwoWritersOfOneKeyBothSucceed) {
  START();
  const auto other = open(server_->url(database_));
  int done = 0;
  std::vector<std::string> errors;
  const auto count = [&](base::Result<void> r) {
    ++done;
    if (!r) errors.push_back(r.error().message);
  };
  loop_->post([&] {
    for (int i = 0; i < 30; ++i) {
      const std::string size(i % 3 == 0 ? 70'000 : 10, 'x');
      store_->put("k" + std::to_string(i % 2), {"mine" + size}, {}, soon(kLong), count);
      other->put("k" + std::to_string(i % 2), {"yours" + size}, {}, soon(kLong), count);
    }
  });
  ASSERT_TRUE(runUntil([&] { return done == 60; }));
  EXPECT_THAT(errors, ::testing::IsEmpty());
  ASSERT_TRUE(put("k0", {"last"}));
  EXPECT_EQ(text("k0"), "json:last");
  // The other one knows an old revision: deleting needs the new one.
  const auto removed = answer<void>([&](auto d) { other->remove({"k0", "k1"}, soon(kLong), std::move(d)); });
  EXPECT_TRUE(removed);
  EXPECT_EQ(text("k0"), "none");
  ASSERT_TRUE(put("k0", {"again"})) << "behind a deletion by another";
  EXPECT_EQ(text("k0"), "json:again");
}

TEST_F(CouchdbStoreTest, ExpiredValuesAreNotSeenAndAreSweptAway) {
  START();
  store_ = open(server_->url(database_), {.sweepEvery = milliseconds(50)});
  ASSERT_TRUE(put("ever", {"1"}));
  ASSERT_TRUE(put("long", {"2"}, seconds(600)));
  ASSERT_TRUE(put("short", {"3"}, milliseconds(1)));
  ASSERT_TRUE(put("large", {std::string(100'000, 'x')}, milliseconds(1)));
  EXPECT_TRUE(testing::eventually([&] { return text("short") == "none" && text("large") == "none"; }));
  EXPECT_TRUE(testing::eventually([&] {
    runUntil([end = soon(milliseconds(20)), this] { return loop_->now() > end; });  // lets the sweep go on
    return ask("GET", documentTarget(documentId("short"))).status == 404 &&
           ask("GET", documentTarget(documentId("large"))).status == 404;
  }));
  EXPECT_EQ(text("ever"), "json:1");
  EXPECT_EQ(text("long"), "json:2");
  ASSERT_TRUE(put("short", {"4"})) << "over the deleted revision";
  EXPECT_EQ(text("short"), "json:4");
}

TEST_F(CouchdbStoreTest, KilledItIsUnavailableAndUsedAgainWhenItIsBack) {
  START_OURS();
  ASSERT_TRUE(put("a", {"1"}));
  server_->kill();
  const auto failed = put("a", {"2"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, "StoreUnavailable");
  EXPECT_THAT(failed.error().message, HasSubstr("127.0.0.1"));
  EXPECT_EQ(get("a").error().kind, "StoreUnavailable");
  EXPECT_EQ(remove({"a"}).error().kind, "StoreUnavailable");
  ASSERT_TRUE(server_->restart()) << server_->output();
  // It has forgotten the database: that is made again.
  EXPECT_TRUE(testing::eventually([&] { return put("a", {"3"}).has_value(); }));
  EXPECT_EQ(text("a"), "json:3");
}

TEST_F(CouchdbStoreTest, ADatabaseThatIsDeletedIsMadeAgain) {
  START();
  ASSERT_TRUE(put("a", {"1"}));
  EXPECT_EQ(ask("DELETE", "").status, 200);
  EXPECT_EQ(text("a"), "none");
  ASSERT_TRUE(put("a", {"2"}));
  EXPECT_EQ(text("a"), "json:2");
}

TEST_F(CouchdbStoreTest, StoppedItMissesTheDeadlineAndGoesOnAfterwards) {
  START_OURS();
  ASSERT_TRUE(put("a", {"1"}));
  server_->pause();
  const auto slow = get("a", milliseconds(150));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind, "StoreUnavailable");
  EXPECT_THAT(slow.error().message, HasSubstr("deadline"));
  EXPECT_EQ(put("a", {"2"}, {}, milliseconds(150)).error().kind, "StoreUnavailable");
  EXPECT_EQ(put("large", {std::string(1 << 20, 'x')}, {}, milliseconds(150)).error().kind,
            "StoreUnavailable");
  server_->resume();
  EXPECT_TRUE(testing::eventually([&] { return put("a", {"3"}).has_value(); }));
  EXPECT_EQ(text("a"), "json:3");
}

TEST_F(CouchdbStoreTest, LogsInAndRefusesOthers) {
  START_OURS({"admin", "s3cret"});
  ASSERT_TRUE(put("a", {"1"}));
  EXPECT_EQ(text("a"), "json:1");
  store_ = open(server_->urlAs({"admin", "wr0ng"}, database_));
  const auto refused = put("a", {"2"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "StoreUnavailable");
  EXPECT_THAT(refused.error().message, HasSubstr("password"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("wr0ng")));
}

TEST_F(CouchdbStoreTest, ClosedWithCallsUnderWay) {
  START_OURS();
  ASSERT_TRUE(put("a", {"1"}));
  server_->pause();
  std::vector<std::string> kinds;
  loop_->post([&] {
    store_->get("a", base::Instant::never(), [&](auto v) { kinds.push_back(v ? "" : v.error().kind); });
    store_->put("a", {"2"}, {}, base::Instant::never(),
                [&](auto v) { kinds.push_back(v ? "" : v.error().kind); });
    store_->put("b", {std::string(100'000, 'x')}, {}, base::Instant::never(),
                [&](auto v) { kinds.push_back(v ? "" : v.error().kind); });
    loop_->post([&] { loop_->post([&] { store_.reset(); }); });
  });
  ASSERT_TRUE(runUntil([&] { return kinds.size() == 3; }));
  EXPECT_THAT(kinds, ::testing::Each("StoreUnavailable"));
}

TEST_F(CouchdbStoreTest, BadUrlsAreErrorsWithoutSecrets) {
  for (const char* url :
       {"", "redis://h", "http://u:s3cret@h:1", "http://u:s3cret@h:1/", "http://u:s3cret@/db"}) {
    const auto store = makeCouchdbStore(*loop_, metrics_, url);
    ASSERT_FALSE(store) << url;
    EXPECT_EQ(store.error().kind, "InvalidUrl");
    EXPECT_THAT(store.error().message, Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace faasbatch::stores
