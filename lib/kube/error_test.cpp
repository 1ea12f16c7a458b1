#include "lib/kube/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ApiError, IsWhatTheStatusSays) {
  const auto error = parseApiError(
      409,
      R"({"kind":"Status","status":"Failure","message":"already there","reason":"AlreadyExists","code":409})",
      "");
  EXPECT_EQ(error.status, 409);
  EXPECT_EQ(error.reason, "AlreadyExists");
  EXPECT_EQ(error.message, "already there");
  EXPECT_EQ(error.error().kind, "AlreadyExists");
}

TEST(ApiError, OfAWatchHasItsOwnCode) {
  const auto error =
      parseApiError(200, R"({"kind":"Status","message":"too old","reason":"Expired","code":410})", "");
  EXPECT_EQ(error.status, 410);
  EXPECT_TRUE(error.expired());
  const auto bare = parseApiError(200, R"({"kind":"Status","code":410})", "");
  EXPECT_EQ(bare.reason, "Gone");
  EXPECT_TRUE(bare.expired());
}

TEST(ApiError, IsMadeOfWhatThereIs) {
  const auto html = parseApiError(502, "<html>\n<b>Bad Gateway</b>" + std::string(500, 'x'), "");
  EXPECT_EQ(html.reason, "InternalError");
  EXPECT_THAT(html.message, HasSubstr("HTTP status 502: <html> <b>Bad Gateway</b>xxx"));
  EXPECT_LT(html.message.size(), 250U);
  EXPECT_EQ(parseApiError(404, "", "").reason, "NotFound");
  EXPECT_EQ(parseApiError(404, "", "").message, "HTTP status 404");
  EXPECT_EQ(parseApiError(418, R"({"kind":"Teapot"})", "").reason, "InvalidResponse");
  EXPECT_EQ(parseApiError(500, R"({"kind":"Status","reason":"Unknown"})", "").reason, "InternalError");
}

TEST(ApiError, KeepsRetryAfterWithinBounds) {
  EXPECT_EQ(parseApiError(429, "", "7").retryAfter, 7s);
  EXPECT_EQ(parseApiError(429, "", "100000").retryAfter, 300s);
  EXPECT_EQ(parseApiError(429, "", "-1").retryAfter, 0s);
  EXPECT_EQ(parseApiError(429, "", "Wed, 21 Oct 2015 07:28:00 GMT").retryAfter, 0s);
  constexpr const char* kDetails = R"({"kind":"Status","code":429,"details":{"retryAfterSeconds":3}})";
  EXPECT_EQ(parseApiError(429, kDetails, "").retryAfter, 3s);
  EXPECT_EQ(parseApiError(429, kDetails, "5").retryAfter, 5s);
}

TEST(ApiError, KnowsAVersionFromTheFuture) {
  const auto error = parseApiError(
      504,
      R"({"kind":"Status","reason":"Timeout","code":504,"message":"Too large resource version: 9, current: 3",)"
      R"("details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}})",
      "");
  EXPECT_EQ(error.reason, "ResourceVersionTooLarge");
  EXPECT_TRUE(error.expired());
}

TEST(ApiError, HasEveryFaultOfAnObject) {
  const auto error = parseApiError(
      422,
      R"({"kind":"Status","reason":"Invalid","code":422,"message":"two faults","details":{"causes":[)"
      R"({"reason":"FieldValueInvalid","field":"spec.steps[0].name","message":"Invalid value"},7,)"
      R"({"message":"of the whole"}]}})",
      "");
  ASSERT_EQ(error.causes.size(), 2U);
  EXPECT_EQ(error.causes[0].field, "spec.steps[0].name");
  EXPECT_EQ(error.causes[0].message, "Invalid value");
  EXPECT_EQ(error.causes[1].field, "");
  std::string many = R"({"kind":"Status","details":{"causes":[{})";
  for (std::size_t i = 0; i < kMaxErrorCauses + 5; ++i) many += ",{}";
  EXPECT_EQ(parseApiError(422, many + "]}}", "").causes.size(), kMaxErrorCauses);
}

TEST(ApiError, SaysWhatIsWorthAnotherTry) {
  for (const int status : {429, 500, 502, 503, 504})
    EXPECT_TRUE(parseApiError(status, "", "").retryable()) << status;
  for (const int status : {400, 401, 403, 404, 409, 410, 422}) {
    EXPECT_FALSE(parseApiError(status, "", "").retryable()) << status;
  }
  for (const char* reason : {"Unreachable", "ConnectionLost", "DeadlineExceeded", "CredentialsUnavailable"}) {
    EXPECT_TRUE((ApiError{.reason = reason}).retryable()) << reason;
  }
  EXPECT_FALSE((ApiError{.reason = "InvalidResponse"}).retryable());
}

}  // namespace
}  // namespace faasbatch::kube
