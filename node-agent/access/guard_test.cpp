#include "node-agent/access/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "lib/base/base64.h"
#include "lib/base/fake_loop.h"

namespace faasbatch::access {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Denial::Kind;

// Answers when it is told to.
class ScriptedReviewer final : public Reviewer {
 public:
  void authenticate(std::string token,
                    std::move_only_function<void(base::Result<std::optional<User>>)> done) override {
    tokens.push_back(std::move(token));
    whos.push_back(std::move(done));
  }
  void authorize(const User& user, const Permission& permission,
                 std::move_only_function<void(base::Result<Decision>)> done) override {
    asked.push_back(user.name + " " + permission.describe());
    decisions.push_back(std::move(done));
  }
  void isUser(base::Result<std::optional<User>> user) {
    for (auto& done : std::exchange(whos, {})) done(user);
  }
  void decide(const base::Result<Decision>& decision) {
    for (auto& done : std::exchange(decisions, {})) done(decision);
  }

  std::vector<std::string> tokens;
  std::vector<std::string> asked;
  std::vector<std::move_only_function<void(base::Result<std::optional<User>>)>> whos;
  std::vector<std::move_only_function<void(base::Result<Decision>)>> decisions;
};

// A JWT that ends so long after (before) the FakeLoop's beginning. Its parts mean nothing else here.
std::string endingIn(std::chrono::seconds after) {
  std::string payload;
  const auto end = std::chrono::duration_cast<seconds>(base::FakeLoop().now() - base::Instant{}) + after;
  base::appendBase64(payload, R"({"exp":)" + std::to_string(end.count()) + "}");
  return "header." + payload.substr(0, payload.find('=')) + ".signature";
}

const Permission kCall{"create", "invocations", "shop", "order"};

class GuardTest : public ::testing::Test {
 protected:
  // The answer, or nothing yet.
  using Answer = std::shared_ptr<std::optional<std::expected<void, Denial>>>;
  Answer check(const Credential& credential, const Permission& permission = kCall) {
    auto answer = std::make_shared<std::optional<std::expected<void, Denial>>>();
    guard.check(credential, permission, [answer](std::expected<void, Denial> given) {
      EXPECT_FALSE(*answer) << "told twice";
      *answer = std::move(given);
    });
    return answer;
  }
  // Lets `token` in as jane.
  void learn(const std::string& token = "t") {
    const Answer answer = check({.token = token});
    reviewer.isUser(User{.name = "jane"});
    reviewer.decide(Decision{.allowed = true});
    ASSERT_TRUE(*answer && **answer);
  }

  base::FakeLoop loop;
  ScriptedReviewer reviewer;
  telemetry::Registry metrics;
  Guard guard{loop, reviewer, metrics};
};

TEST_F(GuardTest, AsksWhoItIsThenWhatItMayAndRemembersBoth) {
  learn();
  EXPECT_THAT(reviewer.tokens, ElementsAre("t"));
  EXPECT_THAT(reviewer.asked, ElementsAre("jane " + kCall.describe()));
  EXPECT_TRUE(**check({.token = "t"}));
  EXPECT_EQ(reviewer.tokens.size(), 1U);
  loop.advance(kAllowedTime);
  EXPECT_FALSE(*check({.token = "t"})) << "asked anew";
  EXPECT_EQ(reviewer.tokens.size(), 2U);
}

TEST_F(GuardTest, AsksForEachPermissionButNotForEachToken) {
  learn();
  check({.token = "t"}, {"get", "invocations", "shop", ""});
  check({.token = "t"}, {"create", "invocations", "shop", "other"});
  check({.token = "t"}, {"create", "invocations", "other", "order"});
  EXPECT_EQ(reviewer.asked.size(), 4U);
  const Answer second = check({.token = "another of jane's"});
  reviewer.isUser(User{.name = "jane"});
  EXPECT_TRUE(**second) << "what jane may is known";
  check({.token = "jane in another group"});
  reviewer.isUser(User{.name = "jane", .groups = {"g"}});
  EXPECT_EQ(reviewer.asked.size(), 5U);
}

TEST_F(GuardTest, RefusesThoseNobodyKnowsForAShortTime) {
  Answer answer = check({.token = "bad"});
  reviewer.isUser(std::optional<User>());
  EXPECT_EQ((*answer)->error().kind, Kind::kUnauthorized);
  EXPECT_TRUE((*answer)->error().tokenShown);
  EXPECT_THAT((*answer)->error().message, Not(HasSubstr("bad")));
  EXPECT_EQ((*check({.token = "bad"}))->error().kind, Kind::kUnauthorized);
  EXPECT_EQ(reviewer.tokens.size(), 1U);
  loop.advance(kDeniedTime);
  check({.token = "bad"});
  EXPECT_EQ(reviewer.tokens.size(), 2U);
}

TEST_F(GuardTest, ForgetsATokenWhenItExpiresAndSaysThatItHas) {
  const std::string token = endingIn(seconds(20));
  learn(token);
  loop.advance(seconds(20) - std::chrono::nanoseconds(1));
  EXPECT_TRUE(**check({.token = token}));
  loop.advance(std::chrono::nanoseconds(1));
  const Answer expired = check({.token = token});
  EXPECT_FALSE(*expired) << "asked anew, though its review was good for longer";
  reviewer.isUser(std::optional<User>());
  EXPECT_EQ((*expired)->error().kind, Kind::kUnauthorized);
  EXPECT_THAT((*expired)->error().message,
              HasSubstr("the token has expired: it was good until 2023-11-14T22:13:40"));
  EXPECT_THAT((*expired)->error().message, Not(HasSubstr(token)));
  EXPECT_THAT((*check({.token = token}))->error().message, HasSubstr("has expired: it was good until"));
  EXPECT_EQ(reviewer.tokens.size(), 2U) << "a refusal is remembered";
}

TEST_F(GuardTest, RemembersATokenNoLongerThanAnyOther) {
  const std::string token = endingIn(std::chrono::hours(1));
  learn(token);
  loop.advance(kAllowedTime);
  const Answer refused = check({.token = token});
  reviewer.isUser(std::optional<User>());
  EXPECT_THAT((*refused)->error().message, HasSubstr("none of this cluster's"));
}

// What the API server takes is let in, whatever this machine's clock says of it.
TEST_F(GuardTest, BelievesTheApiServersClock) {
  const std::string token = endingIn(-std::chrono::hours(1));
  learn(token);
  loop.advance(kExpiredTime - seconds(1));
  EXPECT_TRUE(**check({.token = token}));
  EXPECT_EQ(reviewer.tokens.size(), 1U) << "not asked for every call";
  loop.advance(seconds(1));
  EXPECT_FALSE(*check({.token = token}));
  EXPECT_EQ(reviewer.tokens.size(), 2U);
}

TEST_F(GuardTest, NamesWhatIsForbidden) {
  const Answer answer = check({.token = "t"});
  reviewer.isUser(User{.name = "jane"});
  reviewer.decide(Decision{.allowed = false, .reason = "no RBAC policy matched"});
  EXPECT_EQ((*answer)->error().kind, Kind::kForbidden);
  EXPECT_EQ(
      (*answer)->error().message,
      R"(user "jane" may not create functionworkflows.faasbatch.io/invocations "order" in namespace "shop": )"
      "no RBAC policy matched");
  EXPECT_EQ((*check({.token = "t"}))->error().kind, Kind::kForbidden);
  loop.advance(kDeniedTime);
  EXPECT_FALSE(*check({.token = "t"}));
  EXPECT_EQ(reviewer.asked.size(), 2U);
  EXPECT_EQ(reviewer.tokens.size(), 1U) << "who it is holds longer";
}

TEST_F(GuardTest, TakesAVerifiedCertificateForTheUser) {
  const Answer answer = check({.token = "ignored", .user = userOf("admin", {"system:masters"})});
  EXPECT_TRUE(reviewer.tokens.empty());
  reviewer.decide(Decision{.allowed = true});
  EXPECT_TRUE(**answer);
}

TEST_F(GuardTest, RefusesWithoutAskingWhatIsNoCredential) {
  EXPECT_EQ((*check({}))->error().kind, Kind::kUnauthorized);
  EXPECT_FALSE((*check({}))->error().tokenShown);
  EXPECT_EQ((*check({.malformed = true}))->error().kind, Kind::kUnauthorized);
  const std::string huge(kMaxTokenBytes + 1, 'x');
  EXPECT_EQ((*check({.token = huge}))->error().kind, Kind::kUnauthorized);
  EXPECT_TRUE(reviewer.tokens.empty());
}

TEST_F(GuardTest, AsksOnceForAllThatWaitForTheSame) {
  std::vector<Answer> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(check({.token = "t"}));
  EXPECT_EQ(reviewer.tokens.size(), 1U);
  reviewer.isUser(User{.name = "jane"});
  EXPECT_EQ(reviewer.asked.size(), 1U);
  for (int i = 0; i < 50; ++i) answers.push_back(check({.token = "t"}));
  reviewer.decide(Decision{.allowed = true});
  for (const Answer& answer : answers) EXPECT_TRUE(*answer && **answer);
  EXPECT_EQ(reviewer.asked.size(), 1U);
}

TEST_F(GuardTest, WhileTheApiServerIsAwayWhatIsKnownHoldsAndTheRestIsUnavailable) {
  learn();
  const Answer stranger = check({.token = "new"});
  reviewer.isUser(base::fail("Unreachable", "connection refused"));
  EXPECT_EQ((*stranger)->error().kind, Kind::kUnavailable);
  EXPECT_THAT((*stranger)->error().message, HasSubstr("connection refused"));
  EXPECT_TRUE(**check({.token = "t"}));
  const Answer other = check({.token = "t"}, {"get", "invocations", "shop", ""});
  reviewer.decide(base::fail("Unreachable", "connection refused"));
  EXPECT_EQ((*other)->error().kind, Kind::kUnavailable);
  EXPECT_FALSE(*check({.token = "new"})) << "an error is not remembered";
}

TEST_F(GuardTest, DoesNotWaitForeverAndTakesALateAnswerNonetheless) {
  const Answer answer = check({.token = "t"});
  loop.advance(kReviewTime);
  EXPECT_EQ((*answer)->error().kind, Kind::kUnavailable);
  reviewer.isUser(User{.name = "jane"});
  const Answer second = check({.token = "t"});
  EXPECT_EQ(reviewer.tokens.size(), 1U);
  reviewer.decide(Decision{.allowed = true});
  EXPECT_TRUE(**second);
}

TEST_F(GuardTest, BoundsWhatIsUnderWayAndWhatWaits) {
  constexpr std::size_t kStrangers = kMaxReviews - kKnownReviews;
  const auto token = [](std::size_t i) { return "t" + std::to_string(i); };
  for (std::size_t i = 0; i < kStrangers; ++i) EXPECT_FALSE(*check({.token = token(i)}));
  EXPECT_EQ((*check({.token = "one more"}))->error().kind, Kind::kUnavailable);
  for (std::size_t i = kStrangers; i < kMaxWaiting - kKnownWaiting; ++i)
    EXPECT_FALSE(*check({.token = "t0"}));
  EXPECT_EQ((*check({.token = "t0"}))->error().kind, Kind::kUnavailable);
  reviewer.isUser(std::optional<User>());
  EXPECT_FALSE(*check({.token = "now there is room"}));
}

TEST_F(GuardTest, StrangersTakeNoRoomFromThoseWhoAreKnown) {
  learn();
  const auto token = [](std::size_t i) { return "made up " + std::to_string(i); };
  for (std::size_t i = 0; i < kMaxTokens; ++i) {
    check({.token = token(i)});
    reviewer.isUser(std::optional<User>());
  }
  for (std::size_t i = 0; i < kMaxDecisions; ++i) {
    check({.token = "t"}, {"create", "invocations", "none", token(i)});
    reviewer.decide(Decision{.allowed = false});
  }
  EXPECT_TRUE(**check({.token = "t"})) << "remembered";
  loop.advance(kAllowedTime);
  for (std::size_t i = 0; i < kMaxReviews; ++i) check({.token = token(i)});
  const Answer answer = check({.token = "t"});
  EXPECT_FALSE(*answer) << "there is a review left for who was known a moment ago";
  for (auto& done : std::exchange(reviewer.whos, {})) done(User{.name = "jane"});
  reviewer.decide(Decision{.allowed = true});
  EXPECT_TRUE(*answer && **answer);
}

}  // namespace
}  // namespace faasbatch::access
