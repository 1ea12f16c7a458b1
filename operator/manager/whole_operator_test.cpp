// What each part decides is tested beside it; here is what comes of them together.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <list>

#include "operator/manager/whole_test.h"

namespace faasbatch::manager {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_F(WholeOperatorTest, FromAppliedToReady) {
  const std::string nameSpace = makeNamespace();
  const Replica& replica = startReplica("one");
  ASSERT_TRUE(becomesReady(replica)) << logs();
  addAgent("w1");
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("wf")));
  ASSERT_TRUE(becomes({nameSpace, "wf"}, "AgentsNotReady"));
  serve();
  ASSERT_TRUE(becomes({nameSpace, "wf"}, "Serving"));
  const controllers::Status now = status({nameSpace, "wf"});
  for (const auto type : {controllers::kAccepted, controllers::kPlaced, controllers::kReady})
    EXPECT_TRUE(now.is(type));
  EXPECT_EQ(now.placement->node(0), "w1");
  EXPECT_EQ(agents_.front()->lastSecret(), "Bearer " + std::string(kPeerSecretText));
  EXPECT_TRUE(poll([&] { return list(kube::kEvents, {.nameSpace = nameSpace})->items.size() >= 2; }))
      << logs();
  const std::string here = R"("node":"w1","workflows":[{"namespace":")" + nameSpace + R"(","name":"wf")";
  EXPECT_TRUE(poll([&] { return ask(replica.adminPort, "/v1/placement").body.contains(here); }));
  EXPECT_EQ(replica.process->output().find("Forbidden"), std::string::npos) << logs();
}

TEST_F(WholeOperatorTest, SaysWhichSourceIsMissingAndTakesItWhenItIsThere) {
  const std::string nameSpace = makeNamespace();
  const kube::ObjectKey key{nameSpace, "wf"};
  ASSERT_TRUE(becomesReady(startReplica("one"))) << logs();
  addAgent("w1");
  serve();
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace,
                     workflow("wf", R"({"configMap":{"name":"code","key":"m.py"}})")));
  ASSERT_TRUE(becomes(key, "SourceNotFound"));
  EXPECT_THAT(status(key).find(controllers::kAccepted)->message,
              AllOf(HasSubstr("spec.functions[0].source"), HasSubstr("\"code\"")));
  ensure(kube::kConfigMaps, nameSpace,
         R"({"metadata":{"name":"code"},"data":{"m.py":"def f(x): return x"}})");
  ASSERT_TRUE(becomes(key, "Serving"));
  EXPECT_EQ(status(key).sources.size(), 1u);
}

// What was on its node goes to another one, once it has been silent for kAgentGrace.
TEST_F(WholeOperatorTest, AnAgentThatIsLostIsPlacedAround) {
  const std::string nameSpace = makeNamespace();
  const kube::ObjectKey key{nameSpace, "wf"};
  ASSERT_TRUE(becomesReady(startReplica("one"))) << logs();
  addAgent("w1");
  serve();
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("wf")));
  ASSERT_TRUE(becomes(key, "Serving"));
  serving_.reset();
  addAgent("w2");
  serve();
  agents_.front()->setMood(operators::testing::FakeAgent::Mood::kSilent);
  ASSERT_TRUE(poll([&] {
    const controllers::Status now = status(key);
    return now.placement->node(0) == "w2" && now.is(controllers::kReady);
  })) << logs();
}

TEST_F(WholeOperatorTest, BeginsWithoutTheApiServerAndGoesOnWithoutIt) {
  const std::string nameSpace = makeNamespace();
  server().pause();
  const Replica& replica = startReplica("one");
  ASSERT_TRUE(poll([&] { return ask(replica.healthPort, "/healthz").status == 200; })) << logs();
  EXPECT_EQ(ask(replica.healthPort, "/readyz").status, 503);
  server().resume();
  ASSERT_TRUE(becomesReady(replica)) << logs();
  addAgent("w1");
  serve();
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("a")));
  ASSERT_TRUE(becomes({nameSpace, "a"}, "Serving"));
  ASSERT_TRUE(server().restart());
  EXPECT_EQ(ask(replica.healthPort, "/readyz").status, 200);
  ASSERT_TRUE(poll([&] { return create(kube::kFunctionWorkflows, nameSpace, workflow("b")).has_value(); }));
  ASSERT_TRUE(becomes({nameSpace, "b"}, "Serving"));
}

// As `kubectl apply --dry-run=server` asks.
TEST_F(WholeOperatorTest, TheWebhookSaysEveryErrorWithItsPath) {
  const std::string nameSpace = makeNamespace();
  const Replica& replica = startReplica("one");
  addWebhook(replica.webhookPort);
  ASSERT_TRUE(becomesReady(replica)) << logs();
  const std::string bad =
      workflow("wf", R"({"inline":"x"})",
               R"([{"name":"a","function":"nobody"},{"name":"b","function":"f","when":"${1 +}"},
                                       {"name":"c","function":"f","after":["d"]},{"name":"d","function":"f","after":["c"]}])");
  std::string message;
  // It is refused for want of a certificate until the API server has heard whom to trust.
  ASSERT_TRUE(poll([&] {
    const auto refused = create(kube::kFunctionWorkflows, nameSpace, bad, {.dryRun = true});
    message = refused ? "" : refused.error().message;
    return message.contains("spec.");
  })) << message
      << logs();
  EXPECT_THAT(message, AllOf(HasSubstr("spec.steps[0].function"), HasSubstr("spec.steps[1].when"),
                             HasSubstr("c -> d -> c")));
  const auto good = create(kube::kFunctionWorkflows, nameSpace, workflow("wf"), {.dryRun = true});
  EXPECT_TRUE(good) << good.error().message;
}

TEST_F(WholeOperatorTest, KeepsTheChartsPolicyWhereWorkflowsAre) {
  const std::string nameSpace = makeNamespace();
  std::string policy;
  for (const std::string& json : objectsIn(fileText(FAASBATCH_SOURCE_DIR "/helm/golden/defaults.yaml"))) {
    if (const auto text = json::at(json, {"data", "network-policy.yaml"}))
      policy = json::asString(*text).value_or("");
  }
  ASSERT_FALSE(policy.empty());
  std::ofstream(directory_.file("policy.yaml")) << policy;
  ASSERT_TRUE(
      becomesReady(startReplica("one", {"--function-network-policy=" + directory_.file("policy.yaml")})))
      << logs();
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("wf")));
  const kube::ObjectKey key{nameSpace, std::string(cluster::kFunctionPolicy)};
  ASSERT_TRUE(poll([&] { return get(kube::kNetworkPolicies, key).has_value(); })) << logs();
  EXPECT_THAT(get(kube::kNetworkPolicies, key)->json, HasSubstr(R"("port":9444)"));
}

// With the rights of the chart's job.
TEST_F(WholeOperatorTest, CleansUpWhatItMadeAndWhatTheAgentsLeft) {
  grantWhatTheChartGrants("faasbatch-cleanup", 2);
  const std::string nameSpace = makeNamespace();
  const Replica& replica = startReplica("one");
  ASSERT_TRUE(becomesReady(replica)) << logs();
  replicas_.front().process->signal(SIGTERM);
  ASSERT_TRUE(replicas_.front().process->wait());
  ensure(kube::kPods, nameSpace,
         R"({"metadata":{"name":"f","labels":{"app.kubernetes.io/managed-by":"faasbatch-agent"}},
            "spec":{"containers":[{"name":"c","image":"i"}]}})");
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("wf")));
  testing::ChildProcess cleanup({FAASBATCH_BIN_DIR "/faasbatch-operator", "cleanup",
                                 "--kubeconfig=" + kubeconfig("faasbatch-cleanup"),
                                 "--namespace=" + kSystem});
  EXPECT_EQ(cleanup.wait(), 0) << cleanup.output();
  EXPECT_THAT(cleanup.output(), HasSubstr("removed function pods: 1 in 1 namespaces"));
  for (const auto name : {cluster::kTlsSecret, cluster::kAuthoritySecret})
    EXPECT_FALSE(get(kube::kSecrets, {kSystem, std::string(name)}));
  EXPECT_FALSE(get(kube::kLeases, {kSystem, std::string(cluster::kLease)}));
  EXPECT_TRUE(get(kube::kFunctionWorkflows, {nameSpace, "wf"}));
}

TEST_F(WholeOperatorTest, StandsByUntilTheLeaderIsGone) {
  const std::string nameSpace = makeNamespace();
  Replica& first = startReplica("one");
  ASSERT_TRUE(becomesReady(first)) << logs();
  Replica& second = startReplica("two");
  ASSERT_TRUE(becomesReady(second)) << logs();  // it serves the webhook too
  ASSERT_TRUE(poll([&] { return leads(first); })) << logs();
  EXPECT_FALSE(leads(second));
  EXPECT_THAT(ask(second.adminPort, "/v1/nodes").body, HasSubstr("NotLeading"));
  addAgent("w1");
  serve();
  first.process->signal(SIGKILL);
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("wf")));
  ASSERT_TRUE(becomes({nameSpace, "wf"}, "Serving"));
  EXPECT_TRUE(leads(second));
  // One that ends in order gives the Lease up: nobody waits for it to grow old.
  Replica& third = startReplica("three");
  ASSERT_TRUE(becomesReady(third)) << logs();
  second.process->signal(SIGTERM);
  EXPECT_EQ(second.process->wait(), 0);
  const auto lease = get(kube::kLeases, {kSystem, std::string(cluster::kLease)});
  EXPECT_FALSE(lease->json.contains(R"("holderIdentity":"two")")) << lease->json;
  EXPECT_TRUE(poll([&] { return leads(third); })) << logs();
}

// By Debian's faketime; behind only (tests/bad_days/harness.py says why). Empty: it is not installed.
std::vector<std::string> clockBehind(const std::string& by) {
  for (const char* machine : {"x86_64", "aarch64"}) {
    const std::string library = std::string("/usr/lib/") + machine + "-linux-gnu/faketime/libfaketimeMT.so.1";
    if (!std::filesystem::exists(library)) continue;
    return {"LD_PRELOAD=" + library, "FAKETIME=-" + by, "DONT_FAKE_MONOTONIC=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1"};
  }
  return {};
}

// A leader that is held up (its node sleeps, its disk hangs) while the other one's clock is half an hour off:
// the other leads when the Lease is old by its own count, and the first one, when it goes on, does not any
// more.
TEST_F(WholeOperatorTest, OneThatIsHeldUpLosesTheLeaseToOneWhoseClockIsBehind) {
  const auto behind = clockBehind("1800");
  if (behind.empty()) GTEST_SKIP() << "libfaketime is not installed (Debian: faketime)";
  if (std::chrono::steady_clock::now().time_since_epoch() < std::chrono::minutes(31))
    GTEST_SKIP() << "the machine runs for less than half an hour: libfaketime's timers do not fire then";
  const std::string nameSpace = makeNamespace();
  Replica& first = startReplica("one");
  ASSERT_TRUE(becomesReady(first)) << logs();
  ASSERT_TRUE(poll([&] { return leads(first); })) << logs();
  addAgent("w1");
  serve();
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("a")));
  ASSERT_TRUE(becomes({nameSpace, "a"}, "Serving"));
  Replica& second = startReplica("two", {}, behind);
  ASSERT_TRUE(poll([&] { return ask(second.healthPort, "/healthz").status == 200; })) << logs();
  EXPECT_FALSE(leads(second));
  first.process->signal(SIGSTOP);
  ASSERT_TRUE(poll([&] { return leads(second); })) << logs();
  const auto lease = [&] { return get(kube::kLeases, {kSystem, std::string(cluster::kLease)})->json; };
  EXPECT_THAT(lease(), HasSubstr(R"("holderIdentity":"two")"));
  first.process->signal(SIGCONT);
  ASSERT_TRUE(poll([&] { return ask(first.healthPort, "/healthz").status == 200 && !leads(first); }))
      << logs();
  EXPECT_TRUE(poll([&] { return first.process->output().contains("this operator does not lead any more"); }));
  EXPECT_TRUE(leads(second)) << logs();
  EXPECT_THAT(lease(), HasSubstr(R"("holderIdentity":"two")"));
  EXPECT_THAT(ask(first.adminPort, "/v1/nodes").body, HasSubstr("NotLeading"));
  ASSERT_TRUE(create(kube::kFunctionWorkflows, nameSpace, workflow("b")));
  ASSERT_TRUE(becomes({nameSpace, "b"}, "Serving"));
}

}  // namespace
}  // namespace faasbatch::manager
