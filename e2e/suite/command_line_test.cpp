// kubectl faasbatch, with a user's kubeconfig: by a real port-forward to the gateway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override { space.applyReady(oneStep("echo", kPrints), "echo"); }

  // Where no kubeconfig is named, the administrator's, with a client certificate.
  Outcome faasbatch(std::vector<std::string> words, const std::string& kubeconfig = "") {
    words.insert(words.begin(), {"kubectl", "faasbatch"});
    words.insert(words.end(), {"-n", space.name()});
    if (!kubeconfig.empty()) words.push_back("--kubeconfig=" + kubeconfig);
    return run(std::move(words));
  }
  // `kubeconfig` shows the token of the account that token() makes for `role`, from now on.
  void actAs(const std::string& role, const TextFile& kubeconfig) const {
    const std::string file = "--kubeconfig=" + kubeconfig.path();
    kubectl({file, "config", "set-credentials", "somebody", "--token=" + space.token(role)});
    kubectl({file, "config", "set-context", "--current", "--user=somebody"});
  }
  static std::string ofTheAdministrator() {
    return kubectl({"config", "view", "--raw", "--minify", "--flatten"});
  }
  std::string newest() {
    const Outcome list = faasbatch({"get", "invocations", "--limit", "1"});
    return words(list.output.substr(list.output.find('\n') + 1)).at(0);
  }

  static constexpr const char* kPrints =
      "def handler(event, context):\n    print('saw', event)\n    return event";
  Namespace space;
};

TEST_F(CommandLine, HasItsVerbs) {
  const Outcome invoked = faasbatch({"invoke", "echo", "-d", "[1]"});
  ASSERT_EQ(invoked.exitCode, 0) << invoked.errors;
  EXPECT_EQ(invoked.output, "[1]\n");
  EXPECT_EQ(faasbatch({"invoke", "echo/f", "-d", "2", "--async", "--wait"}).output, "2\n");
  EXPECT_EQ(faasbatch({"invoke", "echo", "-d", "3", "--async", "--wait"}).output, "3\n");
  const Outcome listed = faasbatch({"get", "invocations"});
  EXPECT_THAT(listed.output, AllOf(HasSubstr("echo"), HasSubstr("Succeeded")));
  const std::string id = newest();
  EXPECT_THAT(faasbatch({"logs", id}).output, HasSubstr("s saw 3\n"));
  EXPECT_THAT(faasbatch({"timeline", id}).output, HasSubstr("Succeeded"));
  EXPECT_THAT(faasbatch({"graph", id}).output, StartsWith("flowchart TD\n"));
  EXPECT_THAT(faasbatch({"get", "invocation", id}).output, HasSubstr("\"status\": \"Succeeded\""));
  EXPECT_THAT(faasbatch({"get", "workflows"}).output, HasSubstr("READY"));
  EXPECT_THAT(faasbatch({"cancel", id}).output, HasSubstr("had ended already"));
  const Outcome failed = faasbatch({"invoke", "nosuch"});
  EXPECT_EQ(failed.exitCode, 1);
  EXPECT_THAT(failed.errors, HasSubstr("WorkflowNotFound"));
}

TEST_F(CommandLine, ShowsTheTokenOfItsUser) {
  const TextFile config(ofTheAdministrator());
  actAs("faasbatch-invoker", config);
  const Outcome refused = faasbatch({"invoke", "echo", "-d", "1"}, config.path());
  EXPECT_EQ(refused.exitCode, 1);
  EXPECT_THAT(refused.errors, HasSubstr("cannot get resource \"services\""));

  const std::string binding = space.name();
  kubectl({"create", "rolebinding", binding, "-n", std::string(kSystem), "--role=faasbatch-gateway-access",
           "--serviceaccount=" + space.name() + ":faasbatch-invoker"});
  const Outcome invoked = faasbatch({"invoke", "echo", "-d", "1"}, config.path());
  EXPECT_EQ(invoked.output, "1\n") << invoked.errors;
  const Outcome checked = faasbatch({"check"}, config.path());
  EXPECT_EQ(checked.exitCode, 0) << checked.output << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("unknown"));  // the Secrets, which it may not see
  kubectl({"delete", "rolebinding", binding, "-n", std::string(kSystem)});
}

TEST_F(CommandLine, SaysWhoMayNotDoWhat) {
  const TextFile config(ofTheAdministrator());
  actAs("", config);
  const Outcome refused = faasbatch({"invoke", "echo", "-d", "1"}, config.path());
  EXPECT_EQ(refused.exitCode, 1);
  EXPECT_THAT(refused.errors, HasSubstr(":nobody"));
}

// Without a port-forward and the role that it takes: by the Service's port on a node.
TEST_F(CommandLine, CallsTheGatewayAtItsAddress) {
  const TextFile config(ofTheAdministrator());
  actAs("faasbatch-invoker", config);
  const TextFile ca(gatewayCa(), ".crt");
  const auto invoke = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"invoke", "echo", "-d", "1", "--server", gatewayUrl()});
    return faasbatch(std::move(options), config.path());
  };
  EXPECT_THAT(invoke({}).errors, HasSubstr("--certificate-authority"));
  const std::string trusted = "--certificate-authority=" + ca.path();
  EXPECT_THAT(invoke({trusted}).errors, HasSubstr("--tls-server-name"));
  const Outcome invoked =
      invoke({trusted, "--tls-server-name=faasbatch-gateway." + std::string(kSystem) + ".svc"});
  EXPECT_EQ(invoked.output, "1\n") << invoked.errors;
}

TEST_F(CommandLine, ShowsAllNamespaces) {
  EXPECT_EQ(faasbatch({"invoke", "echo", "-d", "1"}).exitCode, 0);
  EXPECT_THAT(faasbatch({"get", "workflows", "-A", "-o", "wide"}).output,
              AllOf(StartsWith("NAMESPACE "), HasSubstr(space.name()), HasSubstr("PLACED")));
  EXPECT_THAT(faasbatch({"get", "invocations", "-A", "--workflow", "echo"}).output,
              AllOf(StartsWith("NAMESPACE "), HasSubstr(space.name())));
  EXPECT_EQ(faasbatch({"get", "fwf", "-o", "name"}).output, "functionworkflow.faasbatch.io/echo\n");
}

TEST_F(CommandLine, FindsNothingWrong) {
  Outcome checked;
  // The namespace of a test before may be on its way out: its policy goes before its pods do.
  waitFor("check to find nothing wrong", [&] {
    checked = faasbatch({"check"});
    return checked.exitCode == 0;
  });
  EXPECT_THAT(checked.output, AllOf(HasSubstr("faasbatch-operator"), HasSubstr("redis/"),
                                    HasSubstr("statefulset/faasbatch-couchdb")));
  for (const std::string& worker : workers()) EXPECT_THAT(checked.output, HasSubstr("agent/" + worker));
}

}  // namespace
}  // namespace faasbatch::e2e
