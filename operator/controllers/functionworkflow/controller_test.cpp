// The controller against a scripted API server, with an inventory that the test writes. What it decides is
// tested in decide_test.cpp; here is what it reads, writes and tries again.
#include "operator/controllers/functionworkflow/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "lib/testing/eventually.h"
#include "lib/testing/fast_loop.h"
#include "lib/testing/scripted_api_server.h"
#include "operator/controllers/functionworkflow/status.h"

namespace faasbatch::controllers {
namespace {

using faasbatch::testing::FastLoop;
using faasbatch::testing::ScriptedApiServer;
using ::testing::HasSubstr;

constexpr std::string_view kWorkflows = "/apis/faasbatch.io/v1alpha1/namespaces/ns/functionworkflows";
constexpr std::string_view kConfigMaps = "/api/v1/namespaces/ns/configmaps";

constexpr const char* kStatusWrites = "PATCH /apis/faasbatch.io/";

std::string under(std::string_view collection, const std::string& name) {
  return std::string(collection) + "/" + name;
}

class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() {
    ::setenv("no_proxy", "*", 1);
    client = kube::Client::make(fast, {.server = api.url()}).value();
    events = kube::EventRecorder::make(fast, *client, "faasbatch.io/operator", "test");
    const std::map<std::string, inventory::AgentAddress> agents{
        {"w1", {.node = "w1", .ip = "10.0.0.1", .ready = true}}};
    inventory.setNode({.name = "w1"});
    inventory.setAgents(agents, fast.now());
    report({});
  }
  ~ControllerTest() override { controller.reset(); }

  void start() {
    controller =
        Controller::start({.loop = fast,
                           .client = *client,
                           .events = *events,
                           .metrics = metrics,
                           .inventory = [this]() -> const inventory::Inventory& { return inventory; },
                           .settled = [this] { return settled; },
                           .onWorkflows = [this] { namespaces = controller->namespaces(); }});
  }
  void report(std::vector<cluster::WorkflowReport> workflows) {
    const auto changes = inventory.report(
        "w1", {.node = "w1", .incarnation = "1", .maxPods = 10, .workflows = std::move(workflows)},
        fast.now());
    if (controller) controller->onInventory(changes);
  }
  void serve(const std::string& name) {
    const Status now = status(name);
    report({{.nameSpace = "ns",
             .name = name,
             .uid = uid(name),
             .generation = now.placement->generation,
             .placementDigest = now.placement->digest()}});
  }
  void apply(const std::string& name, const std::string& source = R"({"inline": "x"})") {
    api.add(std::string(kWorkflows),
            R"({"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": ")" +
                name + R"("}, "spec": {"functions": [{"name": "f", "handler": "m.f", "source": )" + source +
                R"(}], "steps": [{"name": "s", "function": "f"}]}})");
  }
  std::string uid(const std::string& name) {
    return kube::parseObject(api.get(under(kWorkflows, name)))->uid;
  }
  Status status(const std::string& name) { return readStatus(api.get(under(kWorkflows, name))); }
  std::string reason(const std::string& name) { return status(name).reason; }
  std::string message(const std::string& name, std::string_view type) {
    const Status now = status(name);
    const Condition* condition = now.find(type);
    return condition == nullptr ? "" : condition->message;
  }
  void passFast(base::Duration time, const std::function<void()>& meanwhile = [] {}) {
    const base::Instant end = fast.now() + time;
    until([&] {
      meanwhile();
      return fast.now() >= end;
    });
  }
  template <class Condition>
  bool until(Condition condition) {
    return faasbatch::testing::runUntil(*loop, condition);
  }
  bool becomes(const std::string& name, const std::string& wanted) {
    return until([&] { return reason(name) == wanted; });
  }
  // Until nothing is to be done any more.
  void rest() {
    ASSERT_TRUE(until([&] { return controller->waiting() == 0; }));
  }

  ScriptedApiServer api;
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::make();
  FastLoop fast{*loop, 20};
  telemetry::Registry metrics;
  inventory::Inventory inventory;
  bool settled = true;
  std::optional<std::set<std::string>> namespaces;
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<kube::EventRecorder> events;
  std::unique_ptr<Controller> controller;
};

TEST_F(ControllerTest, FromAppliedToServed) {
  start();
  apply("wf");
  ASSERT_TRUE(becomes("wf", "AgentsNotReady"));
  serve("wf");
  ASSERT_TRUE(becomes("wf", "Serving"));
  EXPECT_TRUE(until([&] { return api.count("POST /apis/events.k8s.io/v1/namespaces/ns/events") >= 2; }));
  rest();
  EXPECT_EQ(api.count("PATCH"), 2u);  // nothing is written twice
}

TEST_F(ControllerTest, SaysWhichNamespacesHaveWorkflows) {
  using Names = std::set<std::string>;
  start();
  ASSERT_TRUE(until([&] { return namespaces.has_value(); }));
  EXPECT_EQ(namespaces, Names());
  apply("wf");
  ASSERT_TRUE(until([&] { return namespaces == Names{"ns"}; }));
  api.remove(under(kWorkflows, "wf"));
  EXPECT_TRUE(until([&] { return namespaces == Names(); }));
}

TEST_F(ControllerTest, WaitsForTheInventory) {
  settled = false;
  apply("wf");
  start();
  until([&] { return api.watches() >= 2; });
  EXPECT_EQ(reason("wf"), "");
  settled = true;
  controller->onInventory({.nodes = true});
  EXPECT_TRUE(becomes("wf", "AgentsNotReady"));
}

TEST_F(ControllerTest, AConfigMapThatIsMissingAndThenMadeAndChanged) {
  start();
  apply("wf", R"({"configMap": {"name": "code", "key": "m.py"}})");
  ASSERT_TRUE(becomes("wf", "SourceNotFound"));
  const std::string object =
      R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "code"}, "data": {)";
  api.add(std::string(kConfigMaps), object + R"("other": "x"}})");
  ASSERT_TRUE(until([&] { return message("wf", kAccepted).contains("has no key"); }));
  api.merge(under(kConfigMaps, "code"), R"({"data": {"m.py": "abc"}})");
  ASSERT_TRUE(becomes("wf", "AgentsNotReady"));
  const std::string first = status("wf").sources.at(0).sha256;
  api.merge(under(kConfigMaps, "code"), R"({"data": {"m.py": "def"}})");
  EXPECT_TRUE(until([&] { return status("wf").sources.at(0).sha256 != first; }));
  api.remove(under(kConfigMaps, "code"));
  EXPECT_TRUE(becomes("wf", "SourceNotFound"));
  EXPECT_FALSE(status("wf").sources.empty());  // what was accepted stays served
}

TEST_F(ControllerTest, OfConfigMapsOnlyMetadataIsWatchedAndOfSecretsAsked) {
  start();
  api.add(
      "/api/v1/namespaces/ns/secrets",
      R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "redis"}, "data": {"url": "aGk="}})");
  apply("wf", R"({"inline": "x"}, "bindings": [{"name": "b", "redis": {"secretRef": {"name": "redis"}}}])");
  ASSERT_TRUE(becomes("wf", "AgentsNotReady"));
  for (const auto& seen : api.seen()) {
    const bool texts = seen.target.contains("/secrets") || seen.target.starts_with("/api/v1/configmaps");
    EXPECT_TRUE(!texts || seen.accept.contains("PartialObjectMetadata")) << seen.target;
  }
}

TEST_F(ControllerTest, ASecretThatIsMissingAndThenMade) {
  start();
  apply(
      "wf",
      R"({"inline": "x"}, "env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}])");
  ASSERT_TRUE(becomes("wf", "SourceNotFound"));
  EXPECT_THAT(message("wf", kAccepted), HasSubstr(R"(there is no Secret "s")"));
  api.add("/api/v1/namespaces/ns/secrets",
          R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})");
  EXPECT_TRUE(becomes("wf", "AgentsNotReady"));
}

TEST_F(ControllerTest, ASecretThatMayNotBeAskedForIsTakenToBeThere) {
  start();
  api.script("GET /api/v1/namespaces/ns/secrets/s", ScriptedApiServer::failure(403, "Forbidden"));
  apply(
      "wf",
      R"({"inline": "x"}, "env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}])");
  EXPECT_TRUE(becomes("wf", "AgentsNotReady"));
}

TEST_F(ControllerTest, AConfigMapThatMayNotBeRead) {
  start();
  api.add(std::string(kConfigMaps),
          R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "code"}})");
  api.script("GET /api/v1/namespaces/ns/configmaps/code",
             ScriptedApiServer::failure(403, "Forbidden", "not for you"), 2);
  apply("wf", R"({"configMap": {"name": "code", "key": "m.py"}})");
  ASSERT_TRUE(becomes("wf", "SourceUnreadable"));
  EXPECT_THAT(message("wf", kAccepted), HasSubstr("not for you"));
  api.merge(under(kConfigMaps, "code"), R"({"data": {"m.py": "abc"}})");
  EXPECT_TRUE(becomes("wf", "AgentsNotReady"));
}

TEST_F(ControllerTest, TriesAgainAfterConflictsAndErrors) {
  start();
  api.script("PATCH", ScriptedApiServer::failure(409, "Conflict"), 2);
  apply("a");
  EXPECT_TRUE(becomes("a", "AgentsNotReady"));
  EXPECT_EQ(api.count("PATCH"), 3u);
  api.script("PATCH", ScriptedApiServer::failure(422, "Invalid"), 1);
  apply("b");
  EXPECT_TRUE(becomes("b", "AgentsNotReady"));
}

TEST_F(ControllerTest, ADeletedObjectIsForgottenAndOneOfItsNameIsAnother) {
  start();
  apply("wf");
  ASSERT_TRUE(becomes("wf", "AgentsNotReady"));
  serve("wf");
  ASSERT_TRUE(becomes("wf", "Serving"));
  api.remove(under(kWorkflows, "wf"));
  rest();
  apply("wf");
  ASSERT_TRUE(becomes("wf", "AgentsNotReady"));
  EXPECT_EQ(status("wf").find(kReady)->status, "False");
}

TEST_F(ControllerTest, ANodeThatIsLostMovesEverythingThatWasThere) {
  start();
  for (int i = 0; i < 30; ++i) apply("wf" + std::to_string(i));
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(becomes("wf" + std::to_string(i), "AgentsNotReady"));
  const auto address = [](const std::string& node) {
    return inventory::AgentAddress{.node = node, .ip = "10.0.0.2", .ready = true};
  };
  inventory.setNode({.name = "w2"});
  inventory.setAgents({{"w1", address("w1")}, {"w2", address("w2")}}, fast.now());
  controller->onInventory(
      inventory.report("w2", {.node = "w2", .incarnation = "1", .maxPods = 10}, fast.now()));
  rest();
  EXPECT_EQ(status("wf7").placement->node(0), "w1");
  controller->onInventory(inventory.removeNode("w1"));
  EXPECT_TRUE(until(
      [&] { return status("wf7").placement->node(0) == "w2" && status("wf29").placement->node(0) == "w2"; }));
}

// An operator of another release, a script: who overwrites the status each time it is written.
TEST_F(ControllerTest, SomebodyWhoOverwritesTheStatusIsNotFoughtWithoutEnd) {
  start();
  apply("wf");
  ASSERT_TRUE(becomes("wf", "AgentsNotReady"));
  const std::size_t before = api.count(kStatusWrites);
  passFast(std::chrono::minutes(1), [&] {
    if (reason("wf") != "Mine")
      api.merge(under(kWorkflows, "wf") + "/status", R"({"status": {"reason": "Mine", "conditions": []}})");
  });
  const std::size_t writes = api.count(kStatusWrites) - before;
  EXPECT_GE(writes, 2u);
  EXPECT_LE(writes, 8u);  // after 1, 2, 4 ... seconds
  EXPECT_TRUE(until([&] {
    const auto seen = api.seen();
    return std::ranges::any_of(seen, [](const auto& request) {
      return request.target.contains("/events") && request.body.contains("StatusOverwritten");
    });
  }));
  // A new spec does not wait.
  const std::size_t then = api.count(kStatusWrites);
  api.merge(under(kWorkflows, "wf"), R"({"spec": {"timeout": "7s"}})");
  EXPECT_TRUE(until([&] { return api.count(kStatusWrites) > then; }));
  // And when the other one has stopped, all is as it was.
  EXPECT_TRUE(becomes("wf", "AgentsNotReady"));
  EXPECT_NE(status("wf").find(kReady), nullptr);
}

// Two that both take themselves for the leader, and know of different agents.
TEST_F(ControllerTest, TwoOfThemDoNotFightWithoutEndAndTheLosersLateWriteIsRefused) {
  inventory::Inventory others;
  others.setNode({.name = "w2"});
  others.setAgents({{"w2", {.node = "w2", .ip = "10.0.0.2", .ready = true}}}, fast.now());
  others.report("w2", {.node = "w2", .incarnation = "1", .maxPods = 10}, fast.now());
  telemetry::Registry otherMetrics;
  auto other = Controller::start({.loop = fast,
                                  .client = *client,
                                  .events = *events,
                                  .metrics = otherMetrics,
                                  .inventory = [&]() -> const inventory::Inventory& { return others; },
                                  .settled = [] { return true; }});
  start();
  apply("wf");
  passFast(std::chrono::minutes(1));
  EXPECT_LE(api.count(kStatusWrites), 30u);  // conflicts too
  // The other one loses the lease while a write of its is on the way.
  api.script(kStatusWrites, {.kind = faasbatch::testing::ApiFault::Kind::kSilent}, 1'000'000);
  const std::size_t held = api.count(kStatusWrites);
  ASSERT_TRUE(until([&] { return api.count(kStatusWrites) > held; }));
  std::string late;
  for (const auto& request : api.seen()) {
    if ((request.method + " " + request.target).contains(kStatusWrites)) late = request.body;
  }
  other.reset();
  controller.reset();
  events.reset();
  client = kube::Client::make(fast, {.server = api.url()}).value();
  events = kube::EventRecorder::make(fast, *client, "faasbatch.io/operator", "test");
  api.clearScript();
  start();  // the one that leads now
  api.merge(under(kWorkflows, "wf"), R"({"spec": {"timeout": "7s"}})");
  ASSERT_TRUE(
      until([&] { return status("wf").observedGeneration == 2 && status("wf").placement->node(0) == "w1"; }));
  rest();
  const std::string before = api.get(under(kWorkflows, "wf"));
  std::optional<kube::Result<kube::Object>> answer;
  client->patch(kube::kFunctionWorkflows, {"ns", "wf"}, kube::PatchType::kMerge, late,
                {.subresource = "status"}, [&](auto result) { answer = std::move(result); });
  ASSERT_TRUE(until([&] { return answer.has_value(); }));
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().reason, "Conflict");
  EXPECT_EQ(api.get(under(kWorkflows, "wf")), before);
}

TEST_F(ControllerTest, NothingIsWrittenAfterItsEnd) {
  start();
  api.script("PATCH", {.kind = faasbatch::testing::ApiFault::Kind::kSilent}, 1);
  apply("wf");
  ASSERT_TRUE(until([&] { return api.count("PATCH") == 1; }));
  controller.reset();  // the lease was lost while the request was under way
  apply("other");
  const base::Instant end = loop->now() + std::chrono::milliseconds(200);
  until([&] { return loop->now() >= end; });
  EXPECT_EQ(api.count("PATCH"), 1u);
}

}  // namespace
}  // namespace faasbatch::controllers
