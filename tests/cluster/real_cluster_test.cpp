// The same agent with a real API server, which defaults, validates, authenticates and deletes as clusters do.
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "tests/cluster/agent_in_cluster.h"
#include "tests/cluster/real_api.h"

namespace faasbatch::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kInvocations = "/v1/namespaces/shop/workflows/order/invocations";

class RealCluster : public AgentOn<RealApi> {
 protected:
  void SetUp() override {
    if (!api_.server().missing().empty()) GTEST_SKIP() << api_.server().missing();
    ASSERT_EQ(api_.server().broken(), "");
    applyPython("order", "def handler(event, context):\n    return 1\n");
    start({});
  }
  net::Response as(const std::string& token, const crypto::KeyPair& shown = {}) {
    net::Request request{.method = "POST", .target = kInvocations, .headers = {}, .body = "{}"};
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    return send(gateway_, std::move(request), trusting(shown));
  }
  void letInvoke(const std::string& user) {
    const std::string rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/";
    api_.add(rbac + "roles", R"({"metadata":{"name":"invoker"},"rules":[{"apiGroups":["faasbatch.io"],)"
                             R"("resources":["functionworkflows/invocations"],"verbs":["create"]}]})");
    api_.add(
        rbac + "rolebindings",
        R"({"metadata":{"name":"invoker"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role",)"
        R"("name":"invoker"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":")" +
            user + R"("}]})");
  }
};

TEST_F(RealCluster, LetsInWhomItsRolesLetIn) {
  EXPECT_EQ(as("").status, 401);
  EXPECT_EQ(as("of-no-user").status, 401);
  const net::Response refused = as(KubeApiServer::kNobodyToken);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body,
              HasSubstr(R"(user \"nobody\" may not create functionworkflows.faasbatch.io/invocations)"));
  letInvoke("nobody");
  EXPECT_TRUE(eventually([&] { return as(KubeApiServer::kNobodyToken).status == 200; }))
      << "a refusal is remembered for seconds only";
  const net::Response admin = as(KubeApiServer::kAdminToken);
  EXPECT_EQ(admin.status, 200) << admin.body << agent_->output();
  // The API server publishes its client CA in kube-system by itself.
  const crypto::KeyPair carol = api_.server().client("carol", {"system:masters"});
  EXPECT_TRUE(eventually([&] { return as("", carol).status == 200; })) << agent_->output();
}

// What the API server said while the token was good is not believed for longer than the token is.
TEST_F(RealCluster, RefusesATokenThatHasExpiredThoughItHasBeenLetIn) {
  const std::string account =
      api_.add("/api/v1/namespaces/shop/serviceaccounts", R"({"metadata":{"name":"caller"}})");
  const std::string uid = json::asString(json::at(account, {"metadata", "uid"}).value_or("")).value_or("");
  letInvoke("system:serviceaccount:shop:caller");
  const auto tokenUntil = [&](base::Duration fromNow) {
    return api_.server().accountToken("shop", "caller", uid, base::SystemClock().now() + fromNow);
  };
  const std::string lasting = tokenUntil(std::chrono::hours(1));
  ASSERT_TRUE(eventually([&] { return as(lasting).status == 200; })) << as(lasting).body;
  // It has ended, and the API server takes it for some seconds more (its leeway is a minute).
  const std::string ending = tokenUntil(-std::chrono::seconds(50));
  const net::Response good = as(ending);
  ASSERT_EQ(good.status, 200) << good.body;
  net::Response refused;
  ASSERT_TRUE(eventually([&] { return (refused = as(ending)).status == 401; })) << "still let in";
  EXPECT_THAT(refused.body, HasSubstr("the token has expired: it was good until 20"));
  EXPECT_EQ(refused.headers.find("WWW-Authenticate"), R"(Bearer realm="faasbatch", error="invalid_token")");
  EXPECT_EQ(as(lasting).status, 200) << "the account's other tokens are good";
  EXPECT_EQ(agent_->output().find(ending), std::string::npos) << "no token is in the log";
}

TEST_F(RealCluster, KeepsItsPodsOverARestartAndReplacesThoseThatAUserDeletes) {
  ASSERT_EQ(as(KubeApiServer::kAdminToken).status, 200) << agent_->output();
  ASSERT_TRUE(eventually([&] { return kubelet_->running().size() == 2; })) << "its pod and a generic one";
  const auto before = kubelet_->running();
  const std::size_t started = kubelet_->started();
  restart();
  EXPECT_EQ(as(KubeApiServer::kAdminToken).status, 200);
  EXPECT_EQ(kubelet_->running(), before);
  EXPECT_EQ(kubelet_->started(), started) << "adopted, none made anew";
  for (const std::string& pod : before) api_.remove("/api/v1/namespaces/shop/pods/" + pod);
  EXPECT_EQ(as(KubeApiServer::kAdminToken).status, 200);
  EXPECT_TRUE(eventually([&] {
    const auto now = kubelet_->running();
    return now.size() == 2 && now != before;
  }));
}

}  // namespace
}  // namespace faasbatch::testing
