// The program kubectl-faasbatch with a user's kubeconfig at a real API server. Forwarding a port takes a
// kubelet, which is not here: a program in the place of kubectl says which port of this machine leads to the
// gateway, and the gateway is either one of the test's that keeps what it was shown, or an agent of one
// machine, which serves plain HTTP behind a Service whose port is called "http".
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>

#include "cli/cluster/fake_gateway.h"
#include "cli/cluster/real_cluster_test.h"
#include "lib/testing/child_process.h"
#include "lib/testing/eventually.h"

namespace faasbatch::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kWorkflow = R"(apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: echo}
spec:
  functions:
  - name: f
    runtime: Python
    handler: fn.handler
    source:
      inline: |
        def handler(event):
            print("saw", event)
            return event
  steps:
  - {name: one, function: f}
)";
constexpr const char* kWaits = R"(apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: waits}
spec: {steps: [{name: w, wait: 60s}]}
)";

class RealClusterTest : public RealCluster {};

TEST_F(RealClusterTest, ShowsTheUsersOwnCredentialToTheGateway) {
  FakeGateway gateway("faasbatch-system", server().caPem(),
                      [](const net::Request&) { return net::Response{.body = "{\"from\":\"gateway\"}"}; });
  const FakeKubectl kubectl(gateway.port());
  serve("https", gateway.caPem());
  const auto shown = [&] {
    const Ran ran = faasbatch({"invoke", "wf", "-d", "1"});
    EXPECT_EQ(ran.code, 0) << ran.output;
    EXPECT_EQ(ran.output, "{\"from\":\"gateway\"}\n");
    const auto last = gateway.seen().back();
    EXPECT_EQ(last.request, "POST /v1/namespaces/default/workflows/wf/invocations");
    return last.authorization + "|" + last.user;
  };
  const std::string token = testing::KubeApiServer::kAdminToken;
  be("token: " + token);
  EXPECT_EQ(shown(), "Bearer " + token + "|");
  file("my-token", token + "\n");
  be("tokenFile: my-token");
  EXPECT_EQ(shown(), "Bearer " + token + "|");
  be(R"(exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, )"
     R"('echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",)"
     R"(\"status\":{\"token\":\")" +
     token + R"(\"}}"']})");
  EXPECT_EQ(shown(), "Bearer " + token + "|");
  const auto alice = server().client("alice", {"system:masters"});
  file("alice.crt", alice.certificatePem);
  file("alice.key", alice.keyPem);
  be("client-certificate: alice.crt, client-key: alice.key");
  EXPECT_EQ(shown(), "|alice");
  for (const auto& call : kubectl.calls()) {
    EXPECT_EQ(call.arguments,
              "--namespace=faasbatch-system port-forward --address=127.0.0.1 service/faasbatch-gateway :443");
    EXPECT_NE(::kill(call.pid, 0), 0) << "outlived its parent";
  }
}

// A gateway behind a LoadBalancer: no port is forwarded, the credential is the kubeconfig's all the same.
TEST_F(RealClusterTest, CallsTheGatewayAtAnAddress) {
  FakeGateway gateway("faasbatch-system", server().caPem(),
                      [](const net::Request&) { return net::Response{.body = "1"}; });
  const FakeKubectl kubectl(gateway.port());
  const std::string address = "https://localhost:" + std::to_string(gateway.port());
  beAdmin();
  const auto invoke = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"invoke", "wf", "--server", address});
    return faasbatch(std::move(options));
  };
  EXPECT_THAT(invoke({}).output, HasSubstr("not trusted here"));
  const std::string ca = "--certificate-authority=" + file("gateway-ca.crt", gateway.caPem());
  EXPECT_THAT(invoke({ca}).output, HasSubstr("is for another name"));
  EXPECT_TRUE(gateway.seen().empty());  // so no credential was shown
  const std::string name = "--tls-server-name=faasbatch-gateway.faasbatch-system.svc";
  EXPECT_EQ(invoke({ca, name}).output, "1\n");
  EXPECT_EQ(gateway.seen().back().authorization,
            "Bearer " + std::string(testing::KubeApiServer::kAdminToken));
  EXPECT_EQ(invoke({ca, name, "--token-file=" + file("other-token", "other")}).output, "1\n");
  EXPECT_EQ(gateway.seen().back().authorization, "Bearer other");
  // Workflows are the API server's still.
  EXPECT_EQ(faasbatch({"apply", "--server", address, file("at.yaml", kWaits)}).output,
            "functionworkflow.faasbatch.io/waits created\n");
  EXPECT_EQ(faasbatch({"delete", "workflow", "waits"}).code, 0);
  EXPECT_TRUE(kubectl.calls().empty());
}

TEST_F(RealClusterTest, TakesItsPortForwardWithItWhenItIsKilled) {
  std::atomic<bool> asked = false;
  FakeGateway gateway("faasbatch-system", "", [&](const net::Request&) {
    asked = true;
    return net::Response{.status = 202, .headers = {}, .body = "{}"};
  });
  const FakeKubectl kubectl(gateway.port());
  serve("https", gateway.caPem());
  beAdmin();
  // The record never ends, so that it is asked for again and again.
  testing::ChildProcess child({kProgram, "logs", "--follow", "id"},
                              {.environment = {"KUBECONFIG=" + kubeconfig_}, .directory = {}});
  ASSERT_TRUE(child.waitFor([&] { return asked.load(); })) << child.output();
  child.signal(SIGKILL);
  EXPECT_TRUE(testing::eventually([&] { return ::kill(kubectl.calls().at(0).pid, 0) != 0; }));
}

TEST_F(RealClusterTest, NamesWhatTheUserMayNotDo) {
  FakeGateway gateway("faasbatch-system");
  const FakeKubectl kubectl(gateway.port());
  serve("https", gateway.caPem());
  be("token: " + std::string(testing::KubeApiServer::kNobodyToken));
  const Ran ran = faasbatch({"invoke", "wf"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("\"nobody\" cannot get resource \"services\""),
                                HasSubstr("FAASBATCH_NAMESPACE")));
  EXPECT_THAT(faasbatch({"get", "workflows"}).output, HasSubstr("\"nobody\" cannot list resource"));
  be("token: wrong");
  EXPECT_THAT(faasbatch({"get", "workflows"}).output,
              AllOf(HasSubstr("log in again"), Not(HasSubstr("wrong"))));
  EXPECT_TRUE(gateway.seen().empty());
}

TEST_F(RealClusterTest, KeepsWorkflowsAtTheApiServer) {
  beAdmin();
  const std::string path = file("echo.yaml", kWorkflow);
  EXPECT_EQ(faasbatch({"apply", path, "--dry-run=server"}).output,
            "functionworkflow.faasbatch.io/echo created (server dry run)\n");
  EXPECT_EQ(faasbatch({"get", "workflow", "echo"}).code, 1);
  EXPECT_EQ(faasbatch({"apply", path}).output, "functionworkflow.faasbatch.io/echo created\n");
  EXPECT_EQ(faasbatch({"apply", path}).output, "functionworkflow.faasbatch.io/echo unchanged\n");
  EXPECT_THAT(faasbatch({"get", "workflows"}).output,
              AllOf(StartsWith("NAME   READY"), HasSubstr("\necho ")));
  EXPECT_THAT(faasbatch({"get", "workflow", "echo", "-o", "yaml"}).output, HasSubstr("name: echo"));
  EXPECT_THAT(faasbatch({"graph", "echo"}).output, StartsWith("flowchart TD\n"));
  EXPECT_THAT(faasbatch({"get", "workflows", "-n", "faasbatch-system", "-o", "json"}).output,
              HasSubstr("\"items\": []"));
  const Ran bad = faasbatch({"apply", file("bad.yaml",
                                           "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\n"
                                           "metadata: {name: bad}\nspec: {steps: [{name: 1a, wait: 1s}], "
                                           "nonsense: 1, timeout: long}\n")});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.output, HasSubstr("bad.yaml: "));
  EXPECT_EQ(faasbatch({"delete", "workflow", "echo"}).code, 0);
  EXPECT_THAT(faasbatch({"get", "workflow", "echo"}).output, HasSubstr("\"echo\" not found"));
}

TEST_F(RealClusterTest, HasEveryVerbOfOneMachine) {
  testing::ChildProcess agent({FAASBATCH_BIN_DIR "/faasbatch-agent", "--listen", "127.0.0.1:0"});
  ASSERT_TRUE(agent.waitForOutput("http://127.0.0.1:")) << agent.output();
  const std::string said = agent.output();
  const std::string address = said.substr(
      said.find("http://"), said.find_first_of(" \n\"", said.find("http://")) - said.find("http://"));
  const FakeKubectl kubectl(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  serve("http", "");
  beAdmin();
  const std::string both = file("both.yaml", std::string(kWorkflow) + "---\n" + kWaits);
  ASSERT_EQ(faasbatch({"apply", both}).code, 0);                       // for the command line
  ASSERT_EQ(faasbatch({"apply", both, "--server", address}).code, 0);  // for the agent, which has no informer

  EXPECT_EQ(faasbatch({"invoke", "echo/f", "-d", "[1]"}).output, "[1]\n");
  EXPECT_EQ(faasbatch({"invoke", "echo", "-d", "2", "--async", "--wait"}).output, "2\n");
  const Ran list = faasbatch({"get", "invocations", "--workflow", "echo", "--limit", "1", "-o", "json"});
  const std::string key = "\"id\": \"";
  const std::string id = list.output.substr(list.output.find(key) + key.size(), 36);
  ASSERT_THAT(id, MatchesRegex("[0-9a-f-]{36}")) << list.output;
  EXPECT_THAT(faasbatch({"get", "invocation", id}).output, HasSubstr("Succeeded"));
  EXPECT_THAT(faasbatch({"logs", id}).output, HasSubstr(" saw 2\n"));
  EXPECT_THAT(faasbatch({"timeline", id}).output, HasSubstr("Succeeded"));
  EXPECT_THAT(faasbatch({"graph", id}).output, HasSubstr("class n"));
  std::string running = faasbatch({"invoke", "waits", "--async"}).output;
  running.pop_back();
  EXPECT_THAT(faasbatch({"cancel", running}).output, HasSubstr("is being cancelled"));
  EXPECT_THAT(faasbatch({"invoke", "nosuch"}).output, HasSubstr("WorkflowNotFound"));
}

}  // namespace
}  // namespace faasbatch::cli
