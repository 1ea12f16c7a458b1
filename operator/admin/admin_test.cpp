#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "lib/net/curl_client.h"
#include "lib/net/loop_thread.h"
#include "lib/testing/eventually.h"
#include "lib/testing/free_port.h"
#include "operator/admin/route.h"
#include "operator/admin/server.h"

namespace faasbatch::admin {
namespace {

using nlohmann::json;

constexpr base::Instant kNow{1'700'000'000'000'000'000};

class AdminRoute : public ::testing::Test {
 protected:
  AdminRoute() {
    inventory.setNode({.name = "w1"});
    inventory.setAgents({{"w1", {.node = "w1", .pod = "agent-1", .ip = "10.0.0.1", .ready = true}},
                         {"w2", {.node = "w2", .ip = "10.0.0.2", .ready = true}}},
                        kNow);
    inventory.report("w1", {.node = "w1", .version = "1.0", .incarnation = "i", .pods = 2, .maxPods = 10},
                     kNow);
    inventory.failed("w2", "connection refused", kNow);
  }
  Answer ask(std::string method, std::string path, std::string authorization = "",
             const std::string& secret = "") {
    const View view{.forEachWorkflow =
                        [this](const auto& visit) {
                          for (const auto& workflow : workflows) visit(workflow);
                        },
                    .inventory = inventory,
                    .now = kNow + std::chrono::seconds(7)};
    return answer({std::move(method), std::move(path), std::move(authorization)}, secret, &view);
  }
  json get(const std::string& path) {
    const Answer found = ask("GET", path);
    EXPECT_EQ(found.status, 200) << found.body;
    return json::parse(found.body);
  }

  inventory::Inventory inventory;
  std::vector<controllers::WorkflowView> workflows{
      {{"ns", "wf"}, 4, R"({"reason": "Serving", "steps": 3, "active": 2, "p95": "12ms", "nodes": 2,
        "conditions": [{"type": "Ready", "status": "True", "reason": "Serving"}], "placementGeneration": 4,
        "placement": [{"step": "a", "group": 0, "node": "w1", "store": "Node"},
                      {"step": "b", "group": 1, "node": "w2", "store": "Node"}],
        "replicas": [{"nodes": ["w1", "w2"]}, {"nodes": ["w2", "w1"]}]})"},
      {{"ns", "new"}, 1, "{}"}};
};

TEST_F(AdminRoute, ListsWorkflows) {
  const json items = get("/v1/workflows")["items"];
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0], json::parse(R"({"namespace": "ns", "name": "wf", "generation": 4, "ready": "True",
    "reason": "Serving", "steps": 3, "active": 2, "p95": "12ms", "nodes": 2})"));
  EXPECT_EQ(items[1]["ready"], "Unknown");
  EXPECT_EQ(get("/v1/workflows/ns/wf")["p95"], "12ms");
}

TEST_F(AdminRoute, ShowsPlacementByNode) {
  EXPECT_EQ(get("/v1/placement")["items"], json::parse(R"([
    {"node": "w1", "workflows": [{"namespace": "ns", "name": "wf", "replica": 0, "steps": ["a"]},
                                 {"namespace": "ns", "name": "wf", "replica": 1, "steps": ["b"]}]},
    {"node": "w2", "workflows": [{"namespace": "ns", "name": "wf", "replica": 0, "steps": ["b"]},
                                 {"namespace": "ns", "name": "wf", "replica": 1, "steps": ["a"]}]}])"));
}

TEST_F(AdminRoute, ShowsAgents) {
  const json items = get("/v1/nodes")["items"];
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0]["state"], "Ready");
  EXPECT_EQ(items[0]["silentForSeconds"], 7);
  EXPECT_EQ(items[1]["state"], "Unknown");
  EXPECT_EQ(items[1]["failure"], "connection refused");
}

TEST_F(AdminRoute, ShowsEmptyListsWhereThereIsNothing) {
  workflows.clear();
  EXPECT_EQ(get("/v1/workflows"), json::parse(R"({"items": []})"));
  EXPECT_EQ(get("/v1/placement"), json::parse(R"({"items": []})"));
}

TEST_F(AdminRoute, SaysWhatIsNot) {
  EXPECT_EQ(ask("POST", "/v1/nodes").status, 405);
  for (const char* path : {"", "/", "/v2/nodes", "/v1/workflows/", "/v1/workflows/ns", "/v1/workflows/ns/x/y",
                           "/v1/workflows/ns/x"})
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  const Answer standby = answer({"GET", "/v1/nodes", ""}, "", nullptr);
  EXPECT_EQ(standby.status, 503);
  EXPECT_EQ(json::parse(standby.body)["reason"], "NotLeading");
}

TEST_F(AdminRoute, AsksForTheSecret) {
  EXPECT_EQ(ask("GET", "/v1/nodes", "Bearer right", "right").status, 200);
  for (const char* shown : {"", "Bearer ", "Bearer wrong", "Bearer righ", "Basic right", "right"}) {
    const Answer refused = ask("GET", "/v1/nodes", shown, "right");
    EXPECT_EQ(refused.status, 401) << shown;
    EXPECT_EQ(refused.body.find("right"), std::string::npos);
  }
}

class AdminServer : public ::testing::Test {
 protected:
  AdminServer() { ::setenv("no_proxy", "*", 1); }
  ~AdminServer() override {
    thread.on([this] { client.reset(); });
  }
  void listen() {
    for (int i = 0; !server && i < faasbatch::testing::kPortTries; ++i) {
      port = faasbatch::testing::freePort();
      auto made = Server::listen("127.0.0.1", port, [this](Question question, Reply reply) {
        const std::lock_guard lock(mutex);
        questions.push_back(question);
        replies.push_back(std::move(reply));
        if (prompt) replies.back()({.body = question.method + " " + question.path});
      });
      if (made) server = std::move(*made);
    }
    ASSERT_TRUE(server);
    thread.on([this] {
      client = net::CurlClient::make(thread.loop(), "http://127.0.0.1:" + std::to_string(port),
                                     {.maxConnections = 100})
                   .value();
    });
  }
  std::future<net::Response> call(const std::string& method, const std::string& target) {
    auto answer = std::make_shared<std::promise<net::Response>>();
    thread.on([&] {
      client->call({.method = method, .target = target}, thread.loop().now() + std::chrono::seconds(20),
                   [answer](base::Result<net::Response> response) {
                     answer->set_value(response
                                           ? std::move(*response)
                                           : net::Response{.status = 0, .body = response.error().message});
                   });
    });
    return answer->get_future();
  }
  std::size_t asked() {
    const std::lock_guard lock(mutex);
    return questions.size();
  }

  std::mutex mutex;
  bool prompt = true;
  std::vector<Question> questions;
  std::vector<Reply> replies;
  std::uint16_t port = 0;
  std::optional<Server> server;
  net::LoopThread thread;
  std::unique_ptr<net::CurlClient> client;
};

TEST_F(AdminServer, AsksAndReplies) {
  listen();
  const net::Response response = call("GET", "/v1/workflows/ns/w%66?x=1").get();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "GET /v1/workflows/ns/wf");
  EXPECT_EQ(call("DELETE", "/v1/nodes").get().body, "DELETE /v1/nodes");
  EXPECT_EQ(Server::listen("127.0.0.1", port, nullptr).error().kind, "ListenFailed");
}

TEST(AdminListening, OnAllAddressesIsOnThisOneToo) {
  ::setenv("no_proxy", "*", 1);
  std::optional<Server> server;
  std::uint16_t port = 0;
  for (int i = 0; !server && i < faasbatch::testing::kPortTries; ++i) {
    port = faasbatch::testing::freePort();
    auto made = Server::listen("", port, [](Question, const Reply& reply) { reply({}); });
    if (made) server = std::move(*made);
  }
  EXPECT_TRUE(faasbatch::testing::acceptsConnections(port));
}

TEST_F(AdminServer, RefusesWhatIsTooMuchAtOnceAndGoesOn) {
  prompt = false;
  listen();
  std::vector<std::future<net::Response>> calls;
  for (std::size_t i = 0; i < 2 * kMaxRequests; ++i) calls.push_back(call("GET", "/v1/nodes"));
  ASSERT_TRUE(faasbatch::testing::eventually([&] { return asked() == kMaxRequests; }));
  const auto over = [&] {
    return std::ranges::count_if(calls, [](const std::future<net::Response>& answer) {
      return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  };
  ASSERT_TRUE(
      faasbatch::testing::eventually([&] { return static_cast<std::size_t>(over()) == kMaxRequests; }));
  {
    const std::lock_guard lock(mutex);
    prompt = true;
    for (const Reply& reply : replies) reply({.body = "late"});
    for (const Reply& reply : replies) reply({.body = "twice"});
  }
  std::map<int, std::size_t> statuses;
  for (auto& answer : calls) {
    const net::Response response = answer.get();
    ++statuses[response.status];
    const bool refused = response.status == 503;
    EXPECT_EQ(response.headers.find("Retry-After").value_or(""), refused ? "1" : "");
    EXPECT_TRUE(refused || response.body == "late") << response.body;
  }
  EXPECT_EQ(statuses, (std::map<int, std::size_t>{{200, kMaxRequests}, {503, kMaxRequests}}));
  EXPECT_TRUE(faasbatch::testing::eventually([&] { return call("GET", "/v1/nodes").get().status == 200; }));
}

TEST_F(AdminServer, AnswersAtItsEndWhoStillWaits) {
  prompt = false;
  listen();
  auto waiting = call("GET", "/v1/nodes");
  ASSERT_TRUE(faasbatch::testing::eventually([&] { return asked() == 1; }));
  server.reset();
  EXPECT_EQ(waiting.get().status, 503);
  replies.front()({.body = "too late"});
}

}  // namespace
}  // namespace faasbatch::admin
