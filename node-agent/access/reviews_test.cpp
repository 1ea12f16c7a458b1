#include "node-agent/access/reviews.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/json/check.h"

namespace faasbatch::access {
namespace {

using ::testing::ElementsAre;

TEST(Credential, ReadsBearerTokensOnly) {
  EXPECT_EQ(credentialOf("Bearer abc").token, "abc");
  EXPECT_EQ(credentialOf("bearer   abc ").token, "abc");
  EXPECT_FALSE(credentialOf("").malformed);
  for (const char* bad : {"Basic abc", "Bearer", "Bearer ", "Bearerabc", "Bearer a b", "abc"}) {
    EXPECT_TRUE(credentialOf(bad).malformed) << bad;
    EXPECT_TRUE(credentialOf(bad).token.empty()) << bad;
  }
}

TEST(Permission, IsDescribedAsKubernetesWouldNameIt) {
  EXPECT_EQ((Permission{"create", "invocations", "shop", "order"}.describe()),
            R"(create functionworkflows.faasbatch.io/invocations "order" in namespace "shop")");
  EXPECT_EQ((Permission{"list", "", "", ""}.describe()),
            "list functionworkflows.faasbatch.io in all namespaces");
  EXPECT_EQ((Permission{"list", "", "shop", ""}.describe()),
            R"(list functionworkflows.faasbatch.io in namespace "shop")");
}

TEST(TokenReview, AsksAndReads) {
  EXPECT_EQ(tokenReview("a\"b"),
            R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"a\"b"}})");
  const auto user =
      readTokenReview(R"({"kind":"TokenReview","status":{"authenticated":true,"user":{"username":"jane",
      "uid":"7","groups":["dev","system:authenticated"],"extra":{"scopes":["a"]}},"audiences":["x"]}})");
  ASSERT_TRUE(user && *user);
  EXPECT_EQ((*user)->name, "jane");
  EXPECT_EQ((*user)->uid, "7");
  EXPECT_THAT((*user)->groups, ElementsAre("dev", "system:authenticated"));
  EXPECT_EQ((*user)->extra, R"({"scopes":["a"]})");
}

TEST(TokenReview, TellsNobodyFromNoAnswer) {
  const auto nobody = readTokenReview(R"({"status":{"authenticated":false,"error":"invalid bearer token"}})");
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(*nobody);
  EXPECT_FALSE(*readTokenReview(R"({"status":{}})"));
  EXPECT_EQ(readTokenReview("{}").error().kind, "InvalidResponse");
  EXPECT_FALSE(readTokenReview(R"({"status":{"authenticated":true,"user":{}}})"));
  EXPECT_FALSE(readTokenReview(R"({"status":{"authenticated":true,"user":{"username":"a","groups":{}}}})"));
}

TEST(AccessReview, NamesUserAndResource) {
  const User user{.name = "jane", .uid = "7", .groups = {"a", "b"}, .extra = R"({"k":["v"]})"};
  const std::string review = accessReview(user, {"create", "invocations", "shop", "order"});
  EXPECT_TRUE(json::check(review));
  EXPECT_EQ(
      review,
      R"({"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"jane","uid":"7",)"
      R"("groups":["a","b"],"extra":{"k":["v"]},"resourceAttributes":{"verb":"create","group":"faasbatch.io",)"
      R"("resource":"functionworkflows","subresource":"invocations","namespace":"shop","name":"order"}}})");
  EXPECT_EQ(
      accessReview(userOf("admin", {"system:masters"}), {"list", "", "shop", ""}),
      R"({"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"admin",)"
      R"("groups":["system:masters","system:authenticated"],"extra":{},"resourceAttributes":{"verb":"list",)"
      R"("group":"faasbatch.io","resource":"functionworkflows","namespace":"shop"}}})");
}

TEST(AccessReview, Reads) {
  EXPECT_TRUE(readAccessReview(R"({"status":{"allowed":true}})")->allowed);
  const auto denied = readAccessReview(R"({"status":{"allowed":false,"reason":"no rule"}})");
  EXPECT_FALSE(denied->allowed);
  EXPECT_EQ(denied->reason, "no rule");
  EXPECT_FALSE(readAccessReview(R"({"status":{}})"));
}

}  // namespace
}  // namespace faasbatch::access
