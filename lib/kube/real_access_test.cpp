// Who one is to a real API server, by every kind of credential.
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/real_api_test.h"

namespace faasbatch::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

class RealAccessTest : public RealApiTest {
 protected:
  void connectBy(const std::string& user) {
    auto access = kubeconfigAccess(*loop_, {.path = server().kubeconfig(user)});
    ASSERT_TRUE(access) << access.error().message;
    client_ = Client::make(*loop_, std::move(*access)).value();
  }
  // Who the server takes us for.
  std::string whoAmI() {
    constexpr Resource kSelf{"authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false};
    const auto review =
        create(kSelf, "", R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})");
    if (!review) return review.error().reason + ": " + review.error().message;
    return json::asString(json::at(review->json, {"status", "userInfo", "username"}).value_or(""))
        .value_or("");
  }
  // Files beside the kubeconfig.
  void writeClient(const std::string& user) {
    const auto pair = server().client(user);
    server().file("client.crt", pair.certificatePem);
    server().file("client.key", pair.keyPem);
  }
  static std::string quotedJson(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? std::string("\\n") : std::string(1, c);
    return "\"" + out + "\"";
  }
};

TEST_F(RealAccessTest, ByToken) {
  connectBy("token: token-of-an-admin");
  EXPECT_EQ(whoAmI(), "admin");
  server().file("token", "token-of-nobody\n");
  connectBy("tokenFile: token");
  EXPECT_EQ(whoAmI(), "nobody");
}

TEST_F(RealAccessTest, ByClientCertificate) {
  writeClient("alice");
  connectBy("client-certificate: client.crt, client-key: client.key");
  EXPECT_EQ(whoAmI(), "alice");
}

TEST_F(RealAccessTest, ByAPluginThatGivesAToken) {
  connectBy(R"(exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, )"
            R"('echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",)"
            R"(\"status\":{\"token\":\"token-of-nobody\"}}"']})");
  EXPECT_EQ(whoAmI(), "nobody");
}

TEST_F(RealAccessTest, ByAPluginThatGivesNewCertificates) {
  const auto give = [&](const std::string& user) {
    const auto pair = server().client(user);
    server().file("credential",
                  R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{)"
                  R"("expirationTimestamp":"2001-01-01T00:00:00Z","clientCertificateData":)" +
                      quotedJson(pair.certificatePem) + R"(,"clientKeyData":)" + quotedJson(pair.keyPem) +
                      "}}");
  };
  give("bob");
  const std::string path = server().file("plugin", "#!/bin/sh\ncat \"$(dirname \"$0\")/credential\"\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  connectBy("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
  EXPECT_EQ(whoAmI(), "bob");
  give("carol");  // the old one has expired: the next request shows the new
  EXPECT_EQ(whoAmI(), "carol");
}

TEST_F(RealAccessTest, IsRefusedWithAReason) {
  connectBy("token: wrong");
  EXPECT_THAT(whoAmI(), HasSubstr("Unauthorized"));
  EXPECT_THAT(whoAmI(), Not(HasSubstr("wrong")));
  connectBy("token: token-of-nobody");
  const auto forbidden = get(kNodes, {"", "n"});
  EXPECT_EQ(forbidden.error().reason, "Forbidden");
  EXPECT_THAT(forbidden.error().message, HasSubstr("User \"nobody\" cannot get resource \"nodes\""));
}

TEST_F(RealAccessTest, DoesNotTrustAnotherServer) {
  const auto other = crypto::makeAuthority("other", {0}, base::SystemClock().now() + std::chrono::hours(1));
  Access access{
      .server = server().url(), .caPem = other->certificatePem, .token = fixedToken(*loop_, "secret")};
  client_ = Client::make(*loop_, access, {.maxRetries = 0}).value();
  const auto refused = get(kNodes, {"", "n"});
  EXPECT_EQ(refused.error().reason, "Unreachable");
  EXPECT_THAT(refused.error().message, HasSubstr("certificate"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
  access.insecureSkipVerify = true;
  client_ = Client::make(*loop_, access, {.maxRetries = 0}).value();
  EXPECT_EQ(get(kNodes, {"", "n"}).error().reason, "Unauthorized");

  access = {.server = server().url(), .caPem = server().caPem(), .tlsServerName = "elsewhere"};
  client_ = Client::make(*loop_, access, {.maxRetries = 0}).value();
  EXPECT_EQ(get(kNodes, {"", "n"}).error().reason, "Unreachable");
  access.tlsServerName = "localhost";
  client_ = Client::make(*loop_, access, {.maxRetries = 0}).value();
  EXPECT_EQ(get(kNodes, {"", "n"}).error().reason, "Forbidden");  // a stranger, but on the line
}

TEST_F(RealAccessTest, CanBeReviewed) {
  const auto review = [&](const std::string& token) {
    const auto answer =
        create(kTokenReviews, "",
               R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":")" + token +
                   "\"}}");
    EXPECT_TRUE(answer) << answer.error().message;
    return std::string(json::at(answer->json, {"status"}).value_or(""));
  };
  EXPECT_THAT(review("token-of-nobody"), HasSubstr("\"username\":\"nobody\""));
  EXPECT_THAT(review("wrong"), Not(HasSubstr("\"authenticated\":true")));

  const std::string attributes =
      R"("resourceAttributes":{"group":"faasbatch.io","resource":"functionworkflows","subresource":"invocations",)"
      R"("verb":"create","namespace":"default"})";
  const auto allowed = [&](const Resource& resource, const std::string& more) {
    const auto answer = create(resource, "",
                               R"({"apiVersion":"authorization.k8s.io/v1","kind":")" +
                                   std::string(resource.kind) + R"(","spec":{)" + more + attributes + "}}");
    EXPECT_TRUE(answer) << answer.error().message;
    return json::at(answer->json, {"status", "allowed"}) == "true";
  };
  EXPECT_TRUE(allowed(kSelfSubjectAccessReviews, ""));
  EXPECT_FALSE(allowed(kSubjectAccessReviews, R"("user":"nobody",)"));
  EXPECT_TRUE(allowed(kSubjectAccessReviews, R"("user":"x","groups":["system:masters"],)"));
  connect({}, testing::KubeApiServer::kNobodyToken);
  EXPECT_FALSE(allowed(kSelfSubjectAccessReviews, ""));
}

class RealAccountTest : public RealAccessTest {
 protected:
  // Makes the account "agent"; its uid.
  std::string makeAccount() {
    constexpr Resource kAccounts{"", "v1", "serviceaccounts", "ServiceAccount"};
    const auto account = create(kAccounts, nameSpace_,
                                R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"agent"}})");
    EXPECT_TRUE(account) << account.error().message;
    return account ? account->uid : "";
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.file(name), std::ios::binary) << text;
  }
  // From now on as a pod whose files these are.
  void connectAsPod() {
    write("ca.crt", server().caPem());
    write("namespace", nameSpace_);
    const std::string url = server().url();
    auto access = inClusterAccess(
        *loop_,
        {.directory = directory_.path(), .host = "127.0.0.1", .port = url.substr(url.rfind(':') + 1)});
    ASSERT_TRUE(access) << access.error().message;
    client_ = Client::make(*loop_, std::move(*access)).value();
  }

  testing::TempDir directory_;
  std::string nameSpace_;
};

TEST_F(RealAccountTest, IsThatOfItsTokenRequest) {
  nameSpace_ = makeNamespace();
  makeAccount();
  const Resource tokens{"", "v1", "serviceaccounts/agent/token", "TokenRequest"};
  const auto token = create(tokens, nameSpace_,
                            R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})");
  ASSERT_TRUE(token) << token.error().message;
  write("token", json::asString(json::at(token->json, {"status", "token"}).value_or("")).value_or(""));
  connectAsPod();
  EXPECT_EQ(whoAmI(), "system:serviceaccount:" + nameSpace_ + ":agent");
}

// As the kubelet does it: `token` is a link through `..data`, a link that is replaced.
TEST_F(RealAccountTest, UsesTheNextTokenOnceTheServerRefusesTheExpiredOne) {
  nameSpace_ = makeNamespace();
  const std::string uid = makeAccount();
  const auto rotate = [&](const std::string& version, base::Duration fromNow) {
    std::filesystem::create_directory(directory_.file(version));
    write(version + "/token",
          server().accountToken(nameSpace_, "agent", uid, base::SystemClock().now() + fromNow));
    std::filesystem::create_directory_symlink(version, directory_.file("..next"));
    std::filesystem::rename(directory_.file("..next"), directory_.file("..data"));
  };
  rotate("..1", -std::chrono::minutes(2));
  std::filesystem::create_symlink("..data/token", directory_.file("token"));
  connectAsPod();
  EXPECT_THAT(whoAmI(), HasSubstr("Unauthorized"));
  rotate("..2", std::chrono::hours(1));
  EXPECT_EQ(whoAmI(), "system:serviceaccount:" + nameSpace_ + ":agent");
}

}  // namespace
}  // namespace faasbatch::kube
