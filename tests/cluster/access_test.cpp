// Who may call the gateway of a cluster (docs/cluster.md), with an API server that answers reviews as the
// test says.
#include "lib/json/path.h"
#include "tests/cluster/agent_in_cluster.h"

namespace faasbatch::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTokenReviews = "POST /apis/authentication.k8s.io/v1/tokenreviews";
constexpr const char* kAccessReviews = "POST /apis/authorization.k8s.io/v1/subjectaccessreviews";

class Access : public AgentInCluster {
 protected:
  void SetUp() override {
    applyPython("order", "def handler(event, context):\n    return 1\n");
    api_.add(
        "/api/v1/namespaces/kube-system/configmaps",
        R"({"kind":"ConfigMap","metadata":{"name":"extension-apiserver-authentication"},"data":{"client-ca-file":)" +
            json::quoted(clients_.pem()) + "}}");
    start({});
  }

  void answers(const char* review, const std::string& status) {
    api_.script(
        review,
        {.kind = ApiFault::Kind::kAnswer,
         .response = {.status = 201, .headers = {}, .body = R"({"metadata":{},"status":)" + status + "}"}});
  }
  void knows(const std::string& user) {
    answers(kTokenReviews,
            R"({"authenticated":true,"user":{"username":")" + user + R"(","groups":["team"]}})");
  }

  net::Response invoke(const std::string& token, const crypto::KeyPair& shown = {}) {
    net::Request request{.method = "POST",
                         .target = "/v1/namespaces/shop/workflows/order/invocations",
                         .headers = {},
                         .body = "{}"};
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    return send(gateway_, std::move(request), trusting(shown));
  }
  std::string lastReview(const char* review) {
    std::string body;
    for (const auto& seen : api_.seen()) {
      if (std::string(review) == seen.method + " " + seen.target) body = seen.body;
    }
    return body;
  }

  net::TestAuthority clients_{"clients-ca"};
};

TEST_F(Access, NeedsACredential) {
  const net::Response none = invoke("");
  EXPECT_EQ(none.status, 401);
  EXPECT_TRUE(none.headers.find("WWW-Authenticate"));
  EXPECT_THAT(
      none.body,
      HasSubstr(R"(create functionworkflows.faasbatch.io/invocations \"order\" in namespace \"shop\")"));
  answers(kTokenReviews, R"({"authenticated":false})");
  const net::Response expired = invoke("expired");
  EXPECT_EQ(expired.status, 401);
  EXPECT_THAT(expired.body, HasSubstr("has expired"));
  EXPECT_LE(kubelet_->started(), 1U) << "the generic pod, and none for them";
}

TEST_F(Access, IsAskedOfTheApiServerOnce) {
  knows("jane");
  answers(kAccessReviews, R"({"allowed":true})");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(invoke("token-of-jane").status, 200);
  EXPECT_EQ(api_.count(kTokenReviews), 1U);
  EXPECT_EQ(api_.count(kAccessReviews), 1U);
  const std::string review = lastReview(kAccessReviews);
  EXPECT_EQ(json::at(review, {"spec", "user"}), R"("jane")");
  EXPECT_EQ(json::at(review, {"spec", "groups"}), R"(["team"])");
  EXPECT_EQ(json::at(review, {"spec", "resourceAttributes", "namespace"}), R"("shop")");
}

TEST_F(Access, IsRefusedByTheNameOfWhatIsMissing) {
  knows("john");
  answers(kAccessReviews, R"({"allowed":false,"reason":"no role binds john"})");
  const net::Response refused = invoke("token-of-john");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body,
              HasSubstr(R"(user \"john\" may not create functionworkflows.faasbatch.io/invocations)"));
  EXPECT_THAT(refused.body, HasSubstr("no role binds john"));
}

TEST_F(Access, IsGivenByACertificateOfTheClusterToo) {
  answers(kAccessReviews, R"({"allowed":true})");
  // The CA's ConfigMap is read while the agent is ready already.
  ASSERT_TRUE(eventually([&] { return invoke("", clients_.client("carol", {"admins"})).status == 200; }));
  const std::string review = lastReview(kAccessReviews);
  EXPECT_EQ(json::at(review, {"spec", "user"}), R"("carol")");
  EXPECT_THAT(std::string(json::at(review, {"spec", "groups"}).value_or("")), HasSubstr(R"("admins")"));
  EXPECT_EQ(api_.count(kTokenReviews), 0U);
  EXPECT_EQ(invoke("", net::TestAuthority("others-ca").client("mallory")).status, 0) << "no handshake";
}

TEST_F(Access, IsUnavailableWhileTheApiServerIs) {
  api_.script(kTokenReviews, ScriptedApiServer::failure(403, "Forbidden", "agents may not review"));
  const net::Response refused = invoke("token-of-jane");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("AccessUnavailable"));
  EXPECT_THAT(refused.body, HasSubstr("agents may not review"));
}

}  // namespace
}  // namespace faasbatch::testing
