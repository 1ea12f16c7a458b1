// Who may call (issue: TokenReview, client certificates, SubjectAccessReview).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::HasSubstr;

class Access : public ::testing::Test {
 protected:
  void SetUp() override { space.applyReady(oneStep("echo", kEcho), "echo"); }
  Reply as(const std::string& token) { return Gateway(token).invoke(space.name(), "echo", "1"); }
  Namespace space;
};

TEST_F(Access, NobodyIsAskedWhoTheyAre) {
  const Reply reply = as("");
  EXPECT_EQ(reply.status, 401) << reply.body;
  EXPECT_TRUE(reply.headers.find("WWW-Authenticate"));
  EXPECT_EQ(as("not-a-token").status, 401);
}

TEST_F(Access, WhoMayNotCallIsToldWhatIsMissing) {
  const Reply reply = as(space.token(""));
  EXPECT_EQ(reply.status, 403) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("functionworkflows"));
  EXPECT_THAT(reply.body, HasSubstr(space.name()));
}

TEST_F(Access, AViewerSeesRecordsAndCallsNothing) {
  ASSERT_EQ(as(space.token("faasbatch-invoker")).status, 200);
  const std::string viewer = space.token("faasbatch-viewer");
  EXPECT_EQ(as(viewer).status, 403);
  EXPECT_EQ(Gateway(viewer).get("/v1/namespaces/" + space.name() + "/invocations").status, 200);
}

TEST_F(Access, AnInvokerOfOneNamespaceIsNobodyInAnother) {
  const Namespace other;
  other.applyReady(oneStep("echo", kEcho), "echo");
  EXPECT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(other.name(), "echo", "1").status, 403);
}

TEST_F(Access, TheAdministratorsClientCertificate) {
  Gateway gateway = administratorsGateway();
  const Reply reply = gateway.invoke(space.name(), "echo", "1");
  EXPECT_EQ(reply.status, 200) << reply.body;
}

TEST_F(Access, AgentsTouchFunctionPodsOfTheirOwnNodeOnly) {
  const std::string agent = "--as=system:serviceaccount:" + std::string(kSystem) + ":faasbatch-agent";
  const Outcome outcome = tryKubectl({"run", "intruder", "-n", std::string(kSystem), "--image=x", agent});
  EXPECT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.errors, HasSubstr("faasbatch-agent-own-node"));
}

}  // namespace
}  // namespace faasbatch::e2e
