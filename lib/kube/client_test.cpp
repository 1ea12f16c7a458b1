#include "lib/kube/client.h"

#include <fstream>

#include "lib/kube/api_test.h"
#include "lib/kube/token_source.h"
#include "lib/testing/free_port.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class ClientTest : public ApiTest {};

TEST_F(ClientTest, MakesReadsChangesAndRemoves) {
  connect();
  const auto made = create(kPods, "ns", named("a"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->key, (ObjectKey{"ns", "a"}));
  const auto read = get(kPods, {"ns", "a"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->uid, made->uid);
  EXPECT_EQ(read->json, server_.get(pods("a")));

  const auto metadata =
      await<Object>([&](auto done) { client_->getMetadata(kPods, {"ns", "a"}, std::move(done)); });
  ASSERT_TRUE(metadata);
  EXPECT_THAT(metadata->json, HasSubstr("PartialObjectMetadata"));

  const auto patched = patch(kPods, {"ns", "a"}, PatchType::kMerge, R"({"status":{"phase":"Running"}})",
                             {.subresource = "status"});
  ASSERT_TRUE(patched) << patched.error().message;
  EXPECT_THAT(patched->json, HasSubstr("Running"));

  const auto replaced = await<Object>(
      [&](auto done) { client_->replace(kPods, {"ns", "a"}, made->json, {}, std::move(done)); });
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().reason, "Conflict");
  EXPECT_EQ(replaced.error().status, 409);

  EXPECT_EQ(remove(kPods, {"ns", "a"}, {.uid = "other"}).error().reason, "Conflict");
  EXPECT_TRUE(remove(kPods, {"ns", "a"}, {.uid = made->uid}));
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "NotFound");
}

TEST_F(ClientTest, ListsInPages) {
  connect();
  for (int i = 0; i < 5; ++i) server_.add(pods(), named("p" + std::to_string(i)));
  const auto page = [&](const std::string& next) { return list(kPods, {.nameSpace = "ns"}, 3, next); };
  const auto first = page("");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->items.size(), 3U);
  const auto second = page(first->next);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->items.size(), 2U);
  EXPECT_EQ(second->items[0].key.name, "p3");
  EXPECT_EQ(second->next, "");
  server_.compact();
  server_.add(pods(), named("p9"));
  server_.compact();
  EXPECT_TRUE(page(first->next).error().expired());
}

TEST_F(ClientTest, AsksForAnyPath) {
  connect();
  const auto version = await<std::string>([&](auto done) { client_->raw("/version", std::move(done)); });
  ASSERT_TRUE(version);
  EXPECT_THAT(*version, HasSubstr("\"major\":\"1\""));
}

TEST_F(ClientTest, HandsOnWhatTheServerWarnsOf) {
  std::string warned;
  connect({.onWarning = [&](std::string_view warning) { warned += std::string(warning) + "|"; }});
  Fault fault{.response = {.status = 200, .headers = {}, .body = "{}"}};
  fault.response.headers.add("Warning", R"(299 - "one")");
  fault.response.headers.add("warning", R"(299 - "two")");
  server_.script("GET /version", fault);
  const auto answer = await<std::string>([&](auto done) { client_->raw("/version", std::move(done)); });
  EXPECT_TRUE(answer);
  EXPECT_EQ(warned, "one|two|");
}

TEST_F(ClientTest, TakesAnAnswerWithoutANameToACreate) {
  connect();
  server_.script(
      "POST /apis/authentication.k8s.io/v1/tokenreviews",
      {.response = {
           .status = 201, .headers = {}, .body = R"({"metadata":{},"status":{"authenticated":true}})"}});
  const auto review = create(kTokenReviews, "", R"({"spec":{"token":"t"}})");
  ASSERT_TRUE(review) << review.error().message;
  EXPECT_THAT(review->json, HasSubstr("authenticated"));
}

TEST_F(ClientTest, SendsAgainWhatIsSafe) {
  connect();
  server_.add(pods(), named("a"));
  server_.script("GET ", testing::ScriptedApiServer::failure(500, "InternalError"), 2);
  EXPECT_TRUE(get(kPods, {"ns", "a"}));
  EXPECT_EQ(server_.count("GET "), 3U);

  server_.script("GET ", {.kind = Fault::Kind::kCut});
  EXPECT_TRUE(get(kPods, {"ns", "a"}));

  server_.script("POST ", testing::ScriptedApiServer::failure(500, "InternalError"));
  EXPECT_EQ(create(kPods, "ns", named("b")).error().reason, "InternalError");
  server_.script("POST ", {.kind = Fault::Kind::kCut});
  EXPECT_EQ(create(kPods, "ns", named("c")).error().reason, "ConnectionLost");
  EXPECT_EQ(server_.count("POST "), 2U);
}

TEST_F(ClientTest, SendsAgainWhatAServerThatIsBusyRefused) {
  connect();
  server_.script("POST ", testing::ScriptedApiServer::failure(429, "TooManyRequests", "busy", "1"), 2);
  const base::Instant begin = fast_.now();
  EXPECT_TRUE(create(kPods, "ns", named("a")));
  EXPECT_GE(fast_.now() - begin, 2s);  // Retry-After, twice
  EXPECT_EQ(server_.count("POST "), 3U);
}

TEST_F(ClientTest, GivesUpAfterSome) {
  connect({.maxRetries = 2});
  server_.script("GET ", testing::ScriptedApiServer::failure(503, "ServiceUnavailable", "not yet"), 100);
  const auto failed = get(kPods, {"ns", "a"});
  EXPECT_EQ(failed.error().reason, "ServiceUnavailable");
  EXPECT_EQ(failed.error().message, "not yet");
  EXPECT_EQ(server_.count("GET "), 3U);
}

TEST_F(ClientTest, DoesNotWaitBeyondItsTime) {
  connect({.requestTime = 2s});
  server_.script("GET ", testing::ScriptedApiServer::failure(429, "TooManyRequests", "busy", "60"), 100);
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "TooManyRequests");
  EXPECT_EQ(server_.count("GET "), 1U);
}

TEST_F(ClientTest, EndsWhatIsNotAnswered) {
  connect({.requestTime = 100ms});
  server_.script("GET ", {.kind = Fault::Kind::kSilent});
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "DeadlineExceeded");
}

TEST_F(ClientTest, SaysWhenThereIsNoServer) {
  Access access{.server = "http://127.0.0.1:" + std::to_string(testing::freePort())};
  client_ = Client::make(fast_, access, {.maxRetries = 1}).value();
  const auto failed = get(kPods, {"ns", "a"});
  EXPECT_EQ(failed.error().reason, "Unreachable");
  EXPECT_EQ(failed.error().status, 0);
  EXPECT_EQ(client_->requests(), 2U);
}

TEST_F(ClientTest, RefusesAnswersThatAreNoneOfTheApi) {
  connect();
  const char* const page = "<html>secret";
  server_.script("GET ", {.response = {.status = 200, .headers = {}, .body = page}}, 1);
  const auto html = get(kPods, {"ns", "a"});
  EXPECT_EQ(html.error().reason, "InvalidResponse");
  EXPECT_THAT(html.error().message, HasSubstr("GET /api/v1/namespaces/ns/pods/a: not an object"));
  EXPECT_THAT(html.error().message, Not(HasSubstr("secret")));
  server_.script("GET ", {.response = {.status = 200, .headers = {}, .body = "{}"}}, 1);
  EXPECT_EQ(list(kPods, {}).error().reason, "InvalidResponse");
  server_.script("GET ", {.response = {.status = 404, .headers = {}, .body = page}}, 1);
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "NotFound");
  connect({.maxBodyBytes = 10});
  EXPECT_EQ(await<std::string>([&](auto done) { client_->raw("/version", std::move(done)); }).error().reason,
            "InvalidResponse");
}

TEST_F(ClientTest, ShowsTheTokenAndAsksForANewOneWhenItIsRefused) {
  const testing::TempDir directory;
  std::ofstream(directory.file("token")) << "old";
  connect({}, fileToken(fast_, directory.file("token")));
  server_.add(pods(), named("a"));
  EXPECT_TRUE(get(kPods, {"ns", "a"}));
  std::ofstream(directory.file("token")) << "new";
  EXPECT_TRUE(get(kPods, {"ns", "a"}));  // not read again yet
  server_.script("GET ", testing::ScriptedApiServer::failure(401, "Unauthorized"));
  EXPECT_TRUE(get(kPods, {"ns", "a"}));
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0].token, "old");
  EXPECT_EQ(seen[2].token, "old");
  EXPECT_EQ(seen[3].token, "new");

  server_.script("GET ", testing::ScriptedApiServer::failure(401, "Unauthorized", "who are you"), 2);
  const auto refused = get(kPods, {"ns", "a"});
  EXPECT_EQ(refused.error().reason, "Unauthorized");
  EXPECT_EQ(refused.error().message, "who are you");
  EXPECT_EQ(server_.count("GET "), 6U);
}

// What is not safe to send twice too: a request that was refused has done nothing.
TEST_F(ClientTest, SendsAgainAtOnceWithTheNewTokenWhateverItIs) {
  const testing::TempDir directory;
  std::ofstream(directory.file("token")) << "old";
  connect({.maxRetries = 0}, fileToken(fast_, directory.file("token")));
  server_.acceptOnly("old");
  EXPECT_TRUE(create(kPods, "ns", named("a")));
  std::ofstream(directory.file("token")) << "new";
  server_.acceptOnly("new");
  EXPECT_TRUE(create(kPods, "ns", named("b")));
  EXPECT_EQ(server_.count("POST "), 3U);
  server_.acceptOnly("newer");  // and the file is late
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "Unauthorized");
  std::ofstream(directory.file("token")) << "newer";
  EXPECT_TRUE(get(kPods, {"ns", "a"}));
}

TEST_F(ClientTest, FollowsATokenThatIsReplaced) {
  const testing::TempDir directory;
  std::ofstream(directory.file("token")) << "one";
  connect({}, fileToken(fast_, directory.file("token")));
  server_.add(pods(), named("a"));
  EXPECT_TRUE(get(kPods, {"ns", "a"}));
  std::ofstream(directory.file("token")) << "two";
  pass(kTokenFileAge / kFaster + 10ms);
  EXPECT_TRUE(get(kPods, {"ns", "a"}));
  EXPECT_EQ(server_.seen().back().token, "two");
}

TEST_F(ClientTest, SaysWhenThereIsNoToken) {
  connect({}, fileToken(fast_, "/no/such/token"));
  const auto failed = get(kPods, {"ns", "a"});
  EXPECT_EQ(failed.error().reason, "CredentialsUnavailable");
  EXPECT_THAT(failed.error().message, HasSubstr("/no/such/token"));
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(ClientTest, TellsNobodyAfterItsEnd) {
  connect();
  server_.script("GET ", {.kind = Fault::Kind::kSilent}, 100);
  server_.script("POST ", testing::ScriptedApiServer::failure(429, "TooManyRequests", "busy", "5"), 100);
  const auto never = [](const auto&) { ADD_FAILURE() << "told"; };
  client_->get(kPods, {"ns", "a"}, never);
  client_->create(kPods, "ns", named("a"), {}, never);
  client_->watch(kPods, {}, "1", 1min, {.onEvent = never, .onEnd = never});
  ASSERT_TRUE(until([&] { return server_.seen().size() == 3; }));
  client_->get(kPods, {"ns", "b"}, never);
  client_ = nullptr;
  pass(50ms);
}

TEST_F(ClientTest, BoundsWhatWaits) {
  connect({.maxConnections = 1, .maxWaiting = 2});
  server_.script("GET ", {.kind = Fault::Kind::kSilent}, 100);
  std::vector<std::string> reasons;
  for (int i = 0; i < 5; ++i) {
    client_->get(kPods, {"ns", "a"},
                 [&](const Result<Object>& answer) { reasons.push_back(answer.error().reason); });
  }
  ASSERT_TRUE(until([&] { return reasons.size() == 2; }));
  EXPECT_EQ(reasons, (std::vector<std::string>{"TooManyCalls", "TooManyCalls"}));
}

}  // namespace
}  // namespace faasbatch::kube
