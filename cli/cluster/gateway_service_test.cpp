#include "cli/cluster/gateway_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "lib/testing/scripted_api_server.h"

namespace faasbatch::cli {
namespace {

using ::testing::HasSubstr;

std::string service(const std::string& name, const std::string& ports,
                    const std::string& component = "gateway") {
  return R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" + name +
         R"(","labels":{"app.kubernetes.io/name":"faasbatch","app.kubernetes.io/component":")" + component +
         R"("}},"spec":{"ports":)" + ports + "}}";
}

kube::Object object(const std::string& nameSpace, const std::string& ports) {
  return {.key = {nameSpace, "faasbatch-gateway"}, .json = service("faasbatch-gateway", ports)};
}

TEST(GatewayService, IsItsPortForTls) {
  const auto both = readGatewayService(object(
      "sys", R"([{"name":"metrics","port":1},{"name":"https","port":443},{"name":"http","port":80}])"));
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->port, 443);
  EXPECT_TRUE(both->tls);
  EXPECT_EQ(both->host(), "faasbatch-gateway.sys.svc");
  const auto plain = readGatewayService(object("sys", R"([{"name":"http","port":80}])"));
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  for (const char* ports : {"[]", "7", R"([{"name":"https"}])", R"([{"name":"https","port":70000}])",
                            R"([{"name":"https","port":0}])", R"([{"port":443}])"}) {
    const auto none = readGatewayService(object("sys", ports));
    ASSERT_FALSE(none) << ports;
    EXPECT_EQ(none.error().kind, "InvalidGateway");
  }
}

TEST(GatewayService, IsTheOnlyOne) {
  const auto one = object("a", R"([{"name":"https","port":443}])");
  EXPECT_EQ(chooseGateway({one})->nameSpace, "a");
  const auto several = chooseGateway({one, object("b", "[]")});
  EXPECT_EQ(several.error().kind, "SeveralGateways");
  EXPECT_THAT(several.error().message, HasSubstr("(a, b)"));
  EXPECT_THAT(several.error().message, HasSubstr("--faasbatch-namespace"));
  EXPECT_EQ(chooseGateway({}).error().kind, "GatewayNotFound");
}

class FindGatewayTest : public ::testing::Test {
 protected:
  FindGatewayTest() { ::setenv("no_proxy", "*", 1); }

  void add(const std::string& nameSpace) {
    server_.add("/api/v1/namespaces/" + nameSpace + "/services",
                service("faasbatch-gateway", R"([{"name":"https","port":443}])"));
  }
  void mayNot(const std::string& what) {
    server_.script(what, testing::ScriptedApiServer::failure(403, "Forbidden", "you may not"), 100);
  }
  base::Result<GatewayService> find(const std::string& nameSpace = "") {
    auto api = ApiServer::connect(net::EventLoop::make(), {.server = server_.url(), .nameSpace = "mine"});
    return findGateway(**api, nameSpace);
  }

  testing::ScriptedApiServer server_;
};

TEST_F(FindGatewayTest, InAllNamespacesByItsLabels) {
  add("somewhere");
  server_.add("/api/v1/namespaces/somewhere/services", service("other", "[]", "operator"));
  const auto found = find();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->nameSpace, "somewhere");
  add("elsewhere");
  EXPECT_EQ(find().error().kind, "SeveralGateways");
  EXPECT_EQ(find("elsewhere")->nameSpace, "elsewhere");
}

TEST_F(FindGatewayTest, InTheUsualNamespacesForThoseWhoMayNotList) {
  mayNot("GET /api/v1/services?");
  EXPECT_EQ(find().error().kind, "GatewayNotFound");
  add("mine");
  EXPECT_EQ(find()->nameSpace, "mine");
  server_.remove("/api/v1/namespaces/mine/services/faasbatch-gateway");
  add("faasbatch-system");
  EXPECT_EQ(find()->nameSpace, "faasbatch-system");
}

TEST_F(FindGatewayTest, SaysWhatMayBeMissing) {
  EXPECT_THAT(find("nowhere").error().message,
              HasSubstr("there is no Service faasbatch-gateway in namespace nowhere"));
  mayNot("services");
  const auto denied = find();
  EXPECT_EQ(denied.error().kind, "Forbidden");
  EXPECT_THAT(denied.error().message, HasSubstr("you may not"));
  EXPECT_THAT(denied.error().message, HasSubstr("FAASBATCH_NAMESPACE"));
  EXPECT_EQ(find("sys").error().kind, "Forbidden");
}

}  // namespace
}  // namespace faasbatch::cli
