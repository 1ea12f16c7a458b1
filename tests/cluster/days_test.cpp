// Bad days of an agent in a cluster: the API server goes, forgets, refuses; the agent drains, dies and comes
// back.
#include <signal.h>

#include <filesystem>
#include <thread>

#include "lib/crypto/digest.h"
#include "tests/cluster/agent_in_cluster.h"

namespace faasbatch::testing {
namespace {

using ::testing::HasSubstr;

class Days : public AgentInCluster {
 protected:
  static constexpr int kMany = 1'000'000;

  // A function that waits for a file, so that a test says when its run ends.
  void applyWaiting() {
    applyPython("waits",
                "import os, time\n"
                "def handler(event, context):\n"
                "    open('" +
                    dir_.file("began") +
                    "', 'w').close()\n"
                    "    while not os.path.exists('" +
                    dir_.file("go") +
                    "'):\n"
                    "        time.sleep(0.01)\n"
                    "    return 'done'\n");
  }
  bool began() {
    return eventually([&] { return std::filesystem::exists(dir_.file("began")); });
  }
  void go() { std::ofstream(dir_.file("go")); }
  std::string accept(const std::string& workflow) {
    net::Request request{.method = "POST",
                         .target = "/v1/namespaces/shop/workflows/" + workflow + "/invocations",
                         .headers = {},
                         .body = "{}"};
    request.headers.add("Prefer", "respond-async");
    const net::Response answer = send(gateway_, std::move(request));
    EXPECT_EQ(answer.status, 202) << answer.body;
    return std::string(answer.headers.find("Invocation-Id").value_or(""));
  }
  std::string record(const std::string& id, const std::string& query = "?wait=20") {
    return get(gateway_, "/v1/namespaces/shop/invocations/" + id + query).body;
  }
};

TEST_F(Days, AnApiServerThatIsAwayChangesNothingForWhatIsServed) {
  applyPython("order", "def handler(event, context):\n    return 1\n");
  start();
  ASSERT_EQ(call("order").status, 200);
  api_.script("", ScriptedApiServer::failure(503, "ServiceUnavailable"), kMany);
  api_.endWatches();
  EXPECT_EQ(call("order").body, "1");
  EXPECT_EQ(get(health_, "/readyz").status, 200);
  const net::Response unknown = call("other");
  EXPECT_EQ(unknown.status, 503);
  EXPECT_THAT(unknown.body, HasSubstr("ClusterUnavailable"));
  applyPython("later", "def handler(event, context):\n    return 2\n");
  api_.clearScript();
  EXPECT_TRUE(eventually([&] { return call("later").body == "2"; }));
}

TEST_F(Days, WatchesThatAreCutOrExpiredGoOn) {
  start();
  const auto seen = [&](const std::string& name) {
    applyPython(name, "def handler(event, context):\n    return '" + name + "'\n");
    return eventually([&] { return call(name).body == "\"" + name + "\""; });
  };
  api_.cutWatches(R"({"type":"ADDED","object":{"kind")");
  EXPECT_TRUE(seen("a"));
  api_.compact();
  api_.endWatches();
  EXPECT_TRUE(seen("b"));
  api_.script("watch=", ScriptedApiServer::failure(410, "Expired"));
  api_.endWatches();
  EXPECT_TRUE(seen("c"));
  api_.script("watch=", ScriptedApiServer::failure(429, "TooManyRequests", "slow down", "1"), 3);
  api_.endWatches();
  EXPECT_TRUE(seen("d"));
  api_.script("", ScriptedApiServer::failure(401, "Unauthorized"), 3);
  api_.endWatches();
  EXPECT_TRUE(seen("e"));
}

// The kubelet replaces a token well before its end; a node that has slept comes back with one that is stale.
TEST_F(Days, AnAgentWithAStaleTokenServesWhatItKnowsAndUsesTheNewOneAtOnce) {
  applyPython("order", "def handler(event, context):\n    return 1\n");
  start();
  ASSERT_EQ(call("order").status, 200);
  api_.acceptOnly("new");
  api_.endWatches();
  applyPython("later", "def handler(event, context):\n    return 2\n");
  const net::Response unknown = call("later");
  EXPECT_EQ(unknown.status, 503);
  EXPECT_THAT(unknown.body, HasSubstr("Unauthorized"));
  EXPECT_EQ(call("order").body, "1");
  EXPECT_EQ(get(health_, "/readyz").status, 200);
  std::ofstream(dir_.file("token")) << "new";
  EXPECT_TRUE(eventually([&] { return call("later").body == "2"; })) << "a minute is too late";
}

TEST_F(Days, AcceptedRunsGoOnAfterTheAgentIsKilled) {
  applyWaiting();
  start();
  const std::string id = accept("waits");
  ASSERT_TRUE(began());
  agent_->signal(SIGKILL);
  restart();
  go();
  EXPECT_THAT(record(id), HasSubstr(R"("status":"Succeeded")"));
}

TEST_F(Days, ADrainLetsRunsEndAndTakesNoMore) {
  applyWaiting();
  start();
  std::jthread meanwhile([&] {
    EXPECT_TRUE(began());
    agent_->signal(SIGTERM);
    int status = 0;
    const auto loop = net::EventLoop::make();
    const auto client = net::Client::make(*loop, {.host = "127.0.0.1", .port = health_});
    EXPECT_TRUE(runUntil(*loop, [&] {
      client->call({.method = "GET", .target = "/readyz", .headers = {}, .body = {}}, loop->now() + kPatience,
                   [&](const base::Result<net::Response>& answer) { status = answer ? answer->status : -1; });
      return status == 503;
    }));
    go();
  });
  const net::Response answer = call("waits");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, R"("done")");
  EXPECT_EQ(agent_->wait(), 0) << agent_->output();
}

TEST_F(Days, AWorkflowThatIsDeletedLetsItsRunsEnd) {
  applyWaiting();
  start();
  const std::string id = accept("waits");
  ASSERT_TRUE(began());
  api_.remove(workflowsPath("shop") + "/waits");
  EXPECT_TRUE(eventually([&] { return get(gateway_, "/v1/namespaces/shop/workflows/waits").status == 404; }));
  go();
  EXPECT_THAT(record(id), HasSubstr(R"("status":"Succeeded")"));
}

TEST_F(Days, CodeInAConfigMapThatIsNotThereIsSaidAndUsedOnceItIs) {
  const std::string code = "def handler(event, context):\n    return 'from the map'\n";
  apply(
      "mapped",
      R"({"functions":[{"name":"f","runtime":"Python","handler":"f.handler","source":{"configMap":{"name":"code","key":"f.py"}}}],)"
      R"("steps":[{"name":"s","function":"f"}],"output":"${steps.s.output}"})",
      {"s"});
  api_.merge(
      workflowsPath("shop") + "/mapped/status",
      R"({"status":{"sources":[{"name":"code","key":"f.py","sha256":")" + crypto::sha256Hex(code) + "\"}]}}");
  start();
  const net::Response missing = call("mapped");
  EXPECT_EQ(missing.status, 500);
  EXPECT_THAT(missing.body, HasSubstr("LoadFailed"));
  EXPECT_THAT(missing.body, HasSubstr("code"));
  api_.add("/api/v1/namespaces/shop/configmaps",
           R"({"kind":"ConfigMap","metadata":{"name":"code"},"data":{"f.py":)" + json::quoted(code) + "}}");
  EXPECT_TRUE(eventually([&] { return call("mapped").body == R"("from the map")"; })) << call("mapped").body;
}

TEST_F(Days, FunctionsKeepValuesInTheStoreOfTheirNode) {
  applyPython("writes", "def handler(event, context):\n    context.store.put('k', {'v': 7})\n    return 0\n");
  applyPython("reads", "def handler(event, context):\n    return context.store.get('k')\n");
  start();
  EXPECT_EQ(call("writes").status, 200) << agent_->output();
  EXPECT_EQ(call("reads").body, "null") << "another workflow has other keys";
  applyPython("writes", "def handler(event, context):\n    return context.store.get('k')\n");
  EXPECT_TRUE(eventually([&] {
    return call("writes").body == R"({"v":7})" || call("writes").body == R"({"v": 7})";
  })) << call("writes").body;
}

}  // namespace
}  // namespace faasbatch::testing
