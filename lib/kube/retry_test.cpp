#include "lib/kube/retry.h"

#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

bool again(const ApiError& error, Repeat repeat, int failures = 0) {
  return retryAfter(error, repeat, failures, 5, 0.5).has_value();
}

TEST(Retry, DependsOnWhatMayHaveHappened) {
  struct Case {
    ApiError error;
    bool safe;  // sent again where that is safe
    bool once;  // and where it is not
  };
  const Case cases[] = {
      {{.reason = "Unreachable"}, true, true},
      {{.status = 429, .reason = "TooManyRequests"}, true, true},
      {{.status = 500, .reason = "InternalError"}, true, false},
      {{.status = 503, .reason = "ServiceUnavailable"}, true, false},
      {{.status = 504, .reason = "Timeout"}, true, false},
      {{.reason = "ConnectionLost"}, true, false},
      {{.reason = "DeadlineExceeded"}, false, false},
      {{.reason = "InvalidResponse"}, false, false},
      {{.reason = "CredentialsUnavailable"}, false, false},
      {{.reason = "TooManyCalls"}, false, false},
      {{.status = 401, .reason = "Unauthorized"}, false, false},
      {{.status = 404, .reason = "NotFound"}, false, false},
      {{.status = 409, .reason = "Conflict"}, false, false},
      {{.status = 410, .reason = "Expired"}, false, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(again(c.error, Repeat::kSafe), c.safe) << c.error.reason;
    EXPECT_EQ(again(c.error, Repeat::kOnce), c.once) << c.error.reason;
  }
}

TEST(Retry, EndsAfterSome) {
  const ApiError error{.status = 429};
  EXPECT_TRUE(again(error, Repeat::kOnce, 4));
  EXPECT_FALSE(again(error, Repeat::kOnce, 5));
}

TEST(Retry, BacksOffOnTopOfRetryAfter) {
  ApiError error{.status = 429};
  EXPECT_EQ(retryAfter(error, Repeat::kSafe, 0, 9, 0.5), kRetryInitial / 2);
  EXPECT_EQ(retryAfter(error, Repeat::kSafe, 2, 9, 0.5), kRetryInitial * 2);
  EXPECT_EQ(retryAfter(error, Repeat::kSafe, 8, 9, 0.5), kRetryMax / 2);
  error.retryAfter = 2s;
  EXPECT_EQ(retryAfter(error, Repeat::kSafe, 0, 9, 0), 2s);
}

}  // namespace
}  // namespace faasbatch::kube
