#include "operator/cleanup/cleanup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "lib/testing/scripted_api_server.h"

namespace faasbatch::cleanup {
namespace {

using faasbatch::testing::ScriptedApiServer;
using ::testing::Contains;
using ::testing::HasSubstr;

class CleanupTest : public ::testing::Test {
 protected:
  CleanupTest() { ::setenv("no_proxy", "*", 1); }

  void add(const std::string& collection, const std::string& name, const std::string& labels = "") {
    api.add(collection, R"({"metadata": {"name": ")" + name + R"(", "labels": {)" + labels + "}}}");
  }
  void addPod(const std::string& nameSpace, const std::string& name) {
    add("/api/v1/namespaces/" + nameSpace + "/pods", name,
        R"("app.kubernetes.io/managed-by": "faasbatch-agent")");
  }
  void addAll() {
    add("/apis/apps/v1/namespaces/system/deployments", "faasbatch-operator");
    add("/apis/apps/v1/namespaces/system/daemonsets", "faasbatch-agent");
    for (const char* name : {"faasbatch-tls", "faasbatch-authority", "faasbatch-peers", "mine"})
      add("/api/v1/namespaces/system/secrets", name);
    add("/api/v1/namespaces/system/configmaps", "faasbatch-ca");
    add("/apis/coordination.k8s.io/v1/namespaces/system/leases", "faasbatch-operator");
    add("/apis/networking.k8s.io/v1/namespaces/a/networkpolicies", "faasbatch-functions",
        R"("app.kubernetes.io/managed-by": "faasbatch-operator")");
    add("/apis/networking.k8s.io/v1/namespaces/a/networkpolicies", "mine");
    add("/apis/faasbatch.io/v1alpha1/namespaces/a/functionworkflows", "wf");
    addPod("a", "f-1");
    addPod("b", "f-2");
    add("/api/v1/namespaces/a/pods", "mine");
  }
  base::Result<Cleaned> clean(base::Duration time = std::chrono::seconds(20)) {
    auto client = kube::ClientThread::start(
        [this](base::Loop&) -> base::Result<kube::Access> { return kube::Access{.server = api.url()}; });
    return cleanUp(**client, "system", time);
  }

  ScriptedApiServer api;
};

TEST_F(CleanupTest, RemovesWhatIsOursAndNothingElse) {
  addAll();
  const auto cleaned = clean();
  ASSERT_TRUE(cleaned) << cleaned.error().message;
  EXPECT_THAT(cleaned->done, Contains("removed function pods: 2 in 2 namespaces"));
  EXPECT_THAT(cleaned->done, Contains("removed Secret system/faasbatch-authority"));
  const std::pair<std::string, bool> paths[] = {
      {"/apis/apps/v1/namespaces/system/deployments/faasbatch-operator", false},
      {"/apis/apps/v1/namespaces/system/daemonsets/faasbatch-agent", false},
      {"/api/v1/namespaces/system/secrets/faasbatch-tls", false},
      {"/api/v1/namespaces/system/secrets/faasbatch-authority", false},
      {"/api/v1/namespaces/system/secrets/faasbatch-peers", true},  // the chart's
      {"/api/v1/namespaces/system/secrets/mine", true},
      {"/api/v1/namespaces/system/configmaps/faasbatch-ca", false},
      {"/apis/coordination.k8s.io/v1/namespaces/system/leases/faasbatch-operator", false},
      {"/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/faasbatch-functions", false},
      {"/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/mine", true},
      {"/apis/faasbatch.io/v1alpha1/namespaces/a/functionworkflows/wf", true},
      {"/api/v1/namespaces/a/pods/f-1", false},
      {"/api/v1/namespaces/b/pods/f-2", false},
      {"/api/v1/namespaces/a/pods/mine", true}};
  for (const auto& [path, stays] : paths) EXPECT_EQ(!api.get(path).empty(), stays) << path;
}

TEST_F(CleanupTest, IsDoneWhereThereIsNothing) {
  EXPECT_TRUE(clean());
  EXPECT_TRUE(clean());
}

TEST_F(CleanupTest, WaitsForTheAgentsFirst) {
  addAll();
  add("/api/v1/namespaces/system/pods", "agent-1",
      R"("app.kubernetes.io/name": "faasbatch", "app.kubernetes.io/component": "agent")");
  const auto cleaned = clean(std::chrono::milliseconds(100));
  ASSERT_FALSE(cleaned);
  EXPECT_EQ(cleaned.error().kind, "CleanupIncomplete");
  EXPECT_THAT(cleaned.error().message, HasSubstr("system/agent-1"));
  EXPECT_THAT(cleaned.error().message, HasSubstr("removed DaemonSet system/faasbatch-agent"));
  EXPECT_FALSE(api.get("/api/v1/namespaces/a/pods/f-1").empty());
  api.remove("/api/v1/namespaces/system/pods/agent-1");
  EXPECT_TRUE(clean());
}

TEST_F(CleanupTest, GoesOnAfterErrorsThatPassAndSaysWhichDoNot) {
  addAll();
  api.script("GET /api/v1/pods", ScriptedApiServer::failure(503, "ServiceUnavailable"), 3);
  EXPECT_TRUE(clean());
  addPod("a", "f-3");
  api.script("DELETE /api/v1/namespaces/a/pods/f-3",
             ScriptedApiServer::failure(403, "Forbidden", "not for you"), 1);
  EXPECT_THAT(clean().error().message, HasSubstr("Pod a/f-3: not for you"));
}

}  // namespace
}  // namespace faasbatch::cleanup
