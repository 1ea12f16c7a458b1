#include "cli/cluster/gateway_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <optional>

#include "cli/cluster/fake_gateway.h"
#include "lib/json/write.h"
#include "lib/kube/token_source.h"
#include "lib/testing/scripted_api_server.h"

namespace faasbatch::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kService =
    R"({"metadata":{"name":"faasbatch-gateway","labels":{"app.kubernetes.io/name":"faasbatch",)"
    R"("app.kubernetes.io/component":"gateway"}},"spec":{"ports":[{"name":"https","port":443}]}})";

// Gives the tokens one after the other, the last again and again.
class Tokens final : public kube::TokenSource {
 public:
  Tokens(base::Loop& loop, std::vector<std::string> tokens) : loop_(loop), tokens_(std::move(tokens)) {}
  void get(Done done) override {
    loop_.post([this, done = std::move(done)]() mutable { done(Credential{.token = tokens_.front()}); });
  }
  void invalidate() override {
    if (tokens_.size() > 1) tokens_.erase(tokens_.begin());
  }

 private:
  base::Loop& loop_;
  std::vector<std::string> tokens_;
};

class GatewayConnectionTest : public ::testing::Test {
 protected:
  GatewayConnectionTest() {
    ::setenv("no_proxy", "*", 1);
    server_.add("/api/v1/namespaces/sys/services", kService);
    giveCa(gateway_.caPem());
  }

  void giveCa(const std::string& pem) {
    server_.add("/api/v1/namespaces/sys/configmaps",
                R"({"metadata":{"name":"faasbatch-ca"},"data":{"ca.crt":)" + json::quoted(pem) + "}}");
  }
  void connect(std::vector<std::string> tokens, GatewayOptions options = {},
               std::optional<kube::ClientCertificate> certificate = std::nullopt) {
    auto loop = net::EventLoop::make();
    std::shared_ptr<kube::TokenSource> source;
    if (!tokens.empty()) source = std::make_shared<Tokens>(*loop, std::move(tokens));
    connection_ = nullptr;
    api_ = ApiServer::connect(
               std::move(loop),
               {.server = server_.url(), .certificate = std::move(certificate), .token = std::move(source)})
               .value();
    options.portForwardTime = 10s;
    connection_ = GatewayConnection::make(*api_, std::move(options));
  }
  base::Result<net::Response> call(const std::string& method = "GET") {
    return connection_->call({.method = method, .target = "/v1/x", .headers = {}, .body = ""}, 20s);
  }
  static net::Response answer(const net::Request& request) {
    const bool known = request.peer || request.headers.find("Authorization") == "Bearer good";
    return {.status = known ? 200 : 401, .headers = {}, .body = "{}"};
  }

  net::TestAuthority users_;
  FakeGateway gateway_{"sys", users_.pem(), answer};
  FakeKubectl kubectl_{gateway_.port()};
  testing::ScriptedApiServer server_;
  std::unique_ptr<ApiServer> api_;
  std::unique_ptr<GatewayConnection> connection_;
};

TEST_F(GatewayConnectionTest, ShowsTheUsersToken) {
  connect({"good"}, {.kubeconfig = "/my config", .context = "c"});
  for (int i = 0; i < 3; ++i) {
    const auto got = call();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 200);
  }
  EXPECT_EQ(gateway_.seen().size(), 3U);
  ASSERT_EQ(kubectl_.calls().size(), 1U);  // one port-forward for all
  EXPECT_THAT(kubectl_.calls()[0].arguments,
              HasSubstr("--kubeconfig=/my config --context=c --namespace=sys "));
  EXPECT_THAT(kubectl_.calls()[0].arguments, Not(HasSubstr("good")));
}

TEST_F(GatewayConnectionTest, AsksForANewTokenOnce) {
  connect({"stale", "good"});
  EXPECT_EQ(call("POST")->status, 200);
  connect({"stale", "staler", "good"});
  EXPECT_EQ(call("POST")->status, 401);
}

TEST_F(GatewayConnectionTest, ShowsTheUsersCertificate) {
  const auto pair = users_.client("alice");
  connect({}, {}, kube::ClientCertificate{pair.certificatePem, pair.keyPem});
  EXPECT_EQ(call()->status, 200);
  EXPECT_EQ(gateway_.seen().back().user, "alice");
  EXPECT_EQ(gateway_.seen().back().authorization, "");
}

TEST_F(GatewayConnectionTest, TrustsNoOtherGateway) {
  const FakeGateway another("sys");
  kubectl_.says("Forwarding from 127.0.0.1:" + std::to_string(another.port()) + " -> 8443");
  connect({"good"});
  const auto refused = call("POST");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("certificate"));
  EXPECT_THAT(refused.error().message, HasSubstr("--gateway-ca"));
  EXPECT_EQ(kubectl_.calls().size(), 1U);

  FakeGateway elsewhere("elsewhere");  // of the same user's CA file, with another name
  kubectl_.says("Forwarding from 127.0.0.1:" + std::to_string(elsewhere.port()) + " -> 8443");
  testing::TempDir directory;
  std::ofstream(directory.file("ca.crt")) << elsewhere.caPem();
  connect({"good"}, {.caFile = directory.file("ca.crt")});
  EXPECT_FALSE(call());
  EXPECT_TRUE(elsewhere.seen().empty());
  connect({"good"}, {.caFile = directory.file("ca.crt"), .serverName = "faasbatch-gateway.elsewhere.svc"});
  EXPECT_EQ(call()->status, 200);
}

TEST_F(GatewayConnectionTest, ForwardsAnewWhereTheForwardingHasEnded) {
  connect({"good"});
  EXPECT_EQ(call()->status, 200);
  kubectl_.says("Forwarding from 127.0.0.1:1 -> 8443");  // where nothing listens, as after a pod's end
  connect({"good"});
  const auto nothing = call();
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().kind, "ConnectFailed");
  EXPECT_THAT(nothing.error().message, HasSubstr("kubectl faasbatch check"));
  EXPECT_EQ(kubectl_.calls().size(), 3U);  // one, then two tries
  kubectl_.says("Forwarding from 127.0.0.1:" + std::to_string(gateway_.port()) + " -> 8443");
  EXPECT_EQ(call("POST")->status, 200);
}

TEST_F(GatewayConnectionTest, SaysWhatIsMissing) {
  server_.remove("/api/v1/namespaces/sys/configmaps/faasbatch-ca");
  connect({"good"});
  EXPECT_THAT(call().error().message, HasSubstr("ConfigMap sys/faasbatch-ca"));
  giveCa("");
  connect({"good"});
  EXPECT_THAT(call().error().message, HasSubstr("has no ca.crt: does the operator run?"));
  EXPECT_TRUE(kubectl_.calls().empty());
  server_.remove("/api/v1/namespaces/sys/services/faasbatch-gateway");
  connect({"good"});
  EXPECT_EQ(call().error().kind, "GatewayNotFound");
}

}  // namespace
}  // namespace faasbatch::cli
