// The agent of a Kubernetes node from end to end: workflows from the API server, calls by the gateway, pods
// that a kubelet starts, the report for the operator.
#include "lib/cluster/report.h"
#include "lib/json/path.h"
#include "tests/cluster/agent_in_cluster.h"

namespace faasbatch::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(AgentInCluster, RunsAWorkflowOfTheClusterInAPodOfItsNode) {
  applyPython("order", "def handler(event, context):\n    return event['n'] + 1\n");
  start();
  const net::Response answer = call("order", R"({"n":41})");
  EXPECT_EQ(answer.status, 200) << answer.body << agent_->output();
  EXPECT_EQ(answer.body, "42");
  const std::string pod = kubelet_->lastManifest();
  EXPECT_EQ(json::at(pod, {"spec", "nodeName"}), R"("n1")");
  EXPECT_EQ(json::at(pod, {"metadata", "namespace"}), R"("shop")");
  EXPECT_THAT(pod, HasSubstr("FAASBATCH_TOKEN_SHA256"));
}

TEST_F(AgentInCluster, ServesWhatIsAppliedLaterAndItsNextGeneration) {
  start();
  EXPECT_EQ(call("order").status, 404);
  applyPython("order", "def handler(event, context):\n    return 1\n");
  ASSERT_TRUE(eventually([&] { return call("order").body == "1"; }));
  applyPython("order", "def handler(event, context):\n    return 2\n");
  EXPECT_TRUE(eventually([&] { return call("order").body == "2"; }));
  api_.remove(workflowsPath("shop") + "/order");
  EXPECT_TRUE(eventually([&] { return call("order").status == 404; }));
}

TEST_F(AgentInCluster, TellsTheOperatorWhatItServes) {
  applyPython("order", "def handler(event, context):\n    return 1\n");
  start();
  net::Request request{.method = "GET", .target = "/v1/peer/report", .headers = {}, .body = {}};
  EXPECT_EQ(send(peers_, request, trusting()).status, 401);
  request.headers.add("Authorization", std::string("Bearer ") + kPeerSecret);
  const net::Response answer = send(peers_, request, trusting());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto report = cluster::reportFromJson(answer.body);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->node, "n1");
  ASSERT_EQ(report->workflows.size(), 1U);
  EXPECT_EQ(report->workflows[0].name, "order");
  EXPECT_EQ(report->workflows[0].generation, 1);
  EXPECT_EQ(report->workflows[0].failure, "");
}

TEST_F(AgentInCluster, TellsTheOperatorWhatItHasMeasured) {
  applyPython("order",
              "import time\ndef handler(event, context):\n    time.sleep(0.02)\n    return 'four'\n");
  start();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(call("order").status, 200);
  net::Request request{.method = "GET", .target = "/v1/peer/report", .headers = {}, .body = {}};
  request.headers.add("Authorization", std::string("Bearer ") + kPeerSecret);
  cluster::WorkflowReport seen;
  EXPECT_TRUE(eventually([&] {  // it looks at its figures every ten seconds, or when something else changes
    applyPython("other", "def handler(event, context):\n    return 1\n");
    const auto report = cluster::reportFromJson(send(peers_, request, trusting()).body);
    for (const auto& one : report ? report->workflows : std::vector<cluster::WorkflowReport>()) {
      if (one.name == "order") seen = one;
    }
    return seen.runs == 3;
  }));
  EXPECT_EQ(seen.active, 0U);
  EXPECT_EQ(seen.pods, 1U);
  EXPECT_GE(seen.p95, std::chrono::milliseconds(20));
  ASSERT_EQ(seen.steps.size(), 1U);
  EXPECT_EQ(seen.steps[0].step, "s");
  EXPECT_EQ(seen.steps[0].outputBytes, 6U);
  EXPECT_GE(seen.steps[0].time, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace faasbatch::testing
