#include "lib/kube/presence.h"

#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

TEST(Presence, OnlyARequestWithoutAnAnswerSaysThatTheServerIsAway) {
  struct Case {
    ApiError error;
    bool away;
  };
  const Case cases[] = {
      {{.reason = "Unreachable"}, true},
      {{.reason = "ConnectionLost"}, true},
      {{.reason = "DeadlineExceeded"}, true},
      {{.reason = "TooManyCalls"}, false},
      {{.reason = "CredentialsUnavailable"}, false},
      {{.reason = "InvalidResponse"}, false},
      {parseApiError(503, "", ""), false},
      {parseApiError(504, R"({"kind":"Status","reason":"Timeout"})", ""), false},
      {parseApiError(403, "", ""), false},
  };
  for (const auto& [error, away] : cases) {
    Presence presence;
    presence.failed(error);
    EXPECT_EQ(presence.away(), away) << error.status << error.reason;
  }
}

TEST(Presence, IsBackOnce) {
  Presence presence;
  EXPECT_FALSE(presence.answered());
  presence.failed({.reason = "Unreachable"});
  presence.failed(parseApiError(500, "", ""));
  EXPECT_TRUE(presence.away());
  EXPECT_TRUE(presence.answered());
  EXPECT_FALSE(presence.answered());
  presence.failed({.reason = "ConnectionLost"});
  EXPECT_TRUE(presence.answered());
}

TEST(Presence, ProbesAreSpread) {
  EXPECT_EQ(probeWait(0), kProbeEvery / 2);
  EXPECT_LT(probeWait(0.999), kProbeEvery);
}

}  // namespace
}  // namespace faasbatch::kube
