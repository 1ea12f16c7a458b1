#include "node-agent/gateway/permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace faasbatch::gateway {
namespace {

using ::testing::HasSubstr;

TEST(PermissionFor, NamesVerbAndResource) {
  struct Case {
    const char* method;
    const char* path;
    const char* permission;  // "": none is needed
  };
  const std::vector<Case> cases = {
      {"POST", "/v1/namespaces/shop/workflows/order/invocations",
       R"(create functionworkflows.faasbatch.io/invocations "order" in namespace "shop")"},
      {"POST", "/v1/namespaces/shop/workflows/order/functions/pay/invocations",
       R"(create functionworkflows.faasbatch.io/invocations "order" in namespace "shop")"},
      {"GET", "/v1/namespaces/shop/invocations/1",
       R"(get functionworkflows.faasbatch.io/invocations in namespace "shop")"},
      {"HEAD", "/v1/namespaces/shop/invocations/1",
       R"(get functionworkflows.faasbatch.io/invocations in namespace "shop")"},
      {"GET", "/v1/namespaces/shop/invocations/1/logs",
       R"(get functionworkflows.faasbatch.io/invocations in namespace "shop")"},
      {"GET", "/v1/workflows", "list functionworkflows.faasbatch.io in all namespaces"},
      {"GET", "/v1/invocations", "get functionworkflows.faasbatch.io/invocations in all namespaces"},
      {"GET", "/v1/namespaces/shop/invocations",
       R"(get functionworkflows.faasbatch.io/invocations in namespace "shop")"},
      {"DELETE", "/v1/namespaces/shop/invocations/1",
       R"(delete functionworkflows.faasbatch.io/invocations in namespace "shop")"},
      {"GET", "/v1/namespaces/shop/workflows", R"(list functionworkflows.faasbatch.io in namespace "shop")"},
      {"GET", "/v1/namespaces/shop/workflows/order",
       R"(get functionworkflows.faasbatch.io "order" in namespace "shop")"},
      {"PUT", "/v1/namespaces/shop/workflows/order",
       R"(update functionworkflows.faasbatch.io "order" in namespace "shop")"},
      {"GET", "/healthz", ""},
      {"GET", "/readyz", ""},
      {"GET", "/metrics", ""},
  };
  for (const Case& one : cases) {
    const auto permission = permissionFor(parseRoute(one.path), one.method);
    EXPECT_EQ(permission ? permission->describe() : "", one.permission) << one.method << " " << one.path;
  }
}

TEST(Refusal, SaysHowToComeIn) {
  const net::Response missing = refusal({.message = "show a token"});
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(missing.headers.find("WWW-Authenticate"), R"(Bearer realm="faasbatch")");
  EXPECT_THAT(std::string(*refusal({.tokenShown = true}).headers.find("WWW-Authenticate")),
              HasSubstr(R"(error="invalid_token")"));
  const net::Response forbidden =
      refusal({.kind = access::Denial::Kind::kForbidden, .message = "jane may not"});
  EXPECT_EQ(forbidden.status, 403);
  EXPECT_THAT(forbidden.body, HasSubstr(R"("detail":"jane may not","reason":"Forbidden")"));
  const net::Response away = refusal({.kind = access::Denial::Kind::kUnavailable});
  EXPECT_EQ(away.status, 503);
  EXPECT_TRUE(away.headers.find("Retry-After"));
  EXPECT_THAT(away.body, HasSubstr("AccessUnavailable"));
}

}  // namespace
}  // namespace faasbatch::gateway
