#include "runtime/supervisor/caller_token.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace faasbatch::supervisor {
namespace {

// Of "token".
constexpr const char* kDigest = "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0";

net::Headers with(std::string value) {
  net::Headers headers;
  headers.add("authorization", std::move(value));
  return headers;
}

TEST(CallerToken, MustBeTheWholeOne) {
  EXPECT_TRUE(authorised({}, {}));
  for (const CallerToken& expected : {CallerToken{.token = "token"}, CallerToken{.sha256 = kDigest}}) {
    EXPECT_FALSE(authorised({}, expected));
    EXPECT_TRUE(authorised(with("Bearer token"), expected));
    for (const char* wrong :
         {"", "token", "Bearer ", "Bearer toke", "Bearer tokenn", "Bearer tokentoken", "Basic token"}) {
      EXPECT_FALSE(authorised(with(wrong), expected)) << wrong;
    }
  }
}

TEST(CallerToken, TheDigestIsNoToken) {
  EXPECT_FALSE(authorised(with(std::string("Bearer ") + kDigest), {.sha256 = kDigest}));
  EXPECT_FALSE(authorised(with("Bearer token"), {.sha256 = "not a digest"}));
}

TEST(CallerToken, IsTakenOutOfTheEnvironment) {
  ::setenv("FAASBATCH_TOKEN_SHA256", kDigest, 1);
  EXPECT_EQ(takeCallerToken().sha256, kDigest);
  EXPECT_EQ(std::getenv("FAASBATCH_TOKEN_SHA256"), nullptr);
  ::setenv("FAASBATCH_TOKEN", "token", 1);
  ::setenv("FAASBATCH_TOKEN_SHA256", "of another", 1);
  const char* where = std::getenv("FAASBATCH_TOKEN");
  const CallerToken taken = takeCallerToken();
  EXPECT_EQ(taken.token, "token");
  EXPECT_EQ(taken.sha256, "");
  EXPECT_STREQ(where, "xxxxx") << "where the system shows it";
  EXPECT_TRUE(takeCallerToken().token.empty());
}

}  // namespace
}  // namespace faasbatch::supervisor
