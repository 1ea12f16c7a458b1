#include "node-agent/gateway/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::gateway {
namespace {

using ::testing::HasSubstr;

net::Request with(std::initializer_list<std::pair<std::string, std::string>> headers) {
  net::Request request{.method = "GET", .target = "/", .headers = {}, .body = {}};
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return request;
}

net::Request ofCertificate(std::string commonName) {
  net::Request request = with({{"Authorization", "Bearer t"}});
  request.peer = std::make_shared<net::PeerCertificate>(net::PeerCertificate{std::move(commonName), {"ops"}});
  return request;
}

TEST(Caller, IsWhoTheTokenOrTheCertificateNames) {
  EXPECT_EQ(callerOf(with({}))->token, "");
  const net::Request token = with({{"authorization", "Bearer t"}, {"X-Remote-User", "admin"}});
  EXPECT_EQ(callerOf(token)->token, "t");
  EXPECT_FALSE(callerOf(token)->user);
  EXPECT_TRUE(callerOf(with({{"Authorization", "Basic x"}}))->malformed);
  EXPECT_EQ(callerOf(ofCertificate("carol"))->user, access::userOf("carol", {"ops"}));
}

TEST(Caller, IsNotACertificateThatNamesNobody) {
  const net::Request request = ofCertificate("");
  const auto caller = callerOf(request);
  ASSERT_TRUE(caller);
  EXPECT_FALSE(caller->user) << "its groups alone are no user";
  EXPECT_EQ(caller->token, "t");
}

TEST(Caller, ShowsOneAuthorization) {
  const auto caller = callerOf(with({{"Authorization", "Bearer a"}, {"authorization", "Bearer b"}}));
  ASSERT_FALSE(caller);
  EXPECT_EQ(caller.error().status, 400);
}

TEST(Caller, IsNobodyElse) {
  for (const char* name : {"Impersonate-User", "impersonate-group", "Impersonate-Extra-Scopes"}) {
    const auto caller = callerOf(with({{"Authorization", "Bearer t"}, {name, "admin"}}));
    ASSERT_FALSE(caller) << name;
    EXPECT_EQ(caller.error().status, 400);
    EXPECT_THAT(caller.error().body, HasSubstr(name));
  }
}

}  // namespace
}  // namespace faasbatch::gateway
