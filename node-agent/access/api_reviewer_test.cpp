#include "node-agent/access/api_reviewer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/loop.h"
#include "lib/testing/eventually.h"
#include "lib/testing/scripted_api_server.h"

namespace faasbatch::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ApiReviews : public ::testing::Test {
 protected:
  ApiReviews() {
    ::setenv("no_proxy", "*", 1);
    thread_ = std::move(*kube::ClientThread::start(
        [this](base::Loop&) { return kube::Access{.server = server_.url()}; }, {.maxRetries = 0}));
    reviewer_ = makeApiReviewer(*loop_, *thread_);
  }

  void answers(const std::string& status) {
    server_.script(
        "POST",
        {.kind = testing::ApiFault::Kind::kAnswer,
         .response = {.status = 201, .headers = {}, .body = R"({"metadata":{},"status":)" + status + "}"}});
  }
  base::Result<std::optional<User>> authenticate(const std::string& token) {
    std::optional<base::Result<std::optional<User>>> seen;
    reviewer_->authenticate(token, [&](base::Result<std::optional<User>> user) { seen = std::move(user); });
    EXPECT_FALSE(seen) << "told from inside the call";
    EXPECT_TRUE(testing::runUntil(*loop_, [&] { return seen.has_value(); }));
    return *seen;
  }
  base::Result<Decision> authorize() {
    std::optional<base::Result<Decision>> seen;
    reviewer_->authorize({.name = "jane"}, {"get", "invocations", "shop", ""},
                         [&](base::Result<Decision> decision) { seen = std::move(decision); });
    EXPECT_TRUE(testing::runUntil(*loop_, [&] { return seen.has_value(); }));
    return *seen;
  }

  testing::ScriptedApiServer server_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<kube::ClientThread> thread_;
  std::unique_ptr<Reviewer> reviewer_;
};

TEST_F(ApiReviews, SayWhoATokenIs) {
  answers(R"({"authenticated":true,"user":{"username":"jane","groups":["team"]}})");
  const auto user = authenticate("secret");
  ASSERT_TRUE(user && *user);
  EXPECT_EQ((*user)->name, "jane");
  const auto seen = server_.seen().back();
  EXPECT_EQ(seen.target, "/apis/authentication.k8s.io/v1/tokenreviews");
  EXPECT_THAT(seen.body, HasSubstr(R"("token":"secret")"));
  answers(R"({"authenticated":false})");
  const auto nobody = authenticate("wrong");
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(*nobody);
}

TEST_F(ApiReviews, SayWhatAUserMay) {
  answers(R"({"allowed":true})");
  const auto allowed = authorize();
  ASSERT_TRUE(allowed);
  EXPECT_TRUE(allowed->allowed);
  EXPECT_THAT(server_.seen().back().body, HasSubstr(R"("user":"jane")"));
  EXPECT_EQ(server_.seen().back().target, "/apis/authorization.k8s.io/v1/subjectaccessreviews");
  answers(R"({"allowed":false,"reason":"no role"})");
  EXPECT_EQ(authorize()->reason, "no role");
}

TEST_F(ApiReviews, GiveErrorsOnWithoutTheToken) {
  server_.script("POST", testing::ScriptedApiServer::failure(403, "Forbidden", "agents may not"));
  const auto refused = authenticate("secret");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "Forbidden");
  EXPECT_THAT(refused.error().message, HasSubstr("agents may not"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
  server_.script("POST", {.kind = testing::ApiFault::Kind::kAnswer,
                          .response = {.status = 201, .headers = {}, .body = R"({"metadata":{}})"}});
  const auto none = authenticate("secret");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, "InvalidResponse");
}

}  // namespace
}  // namespace faasbatch::access
