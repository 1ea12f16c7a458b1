#include "cli/timeline.h"

#include <gtest/gtest.h>

namespace faasbatch::cli {
namespace {

constexpr const char* kRecord =
    R"({"workflow":"w","status":"Succeeded","createdAt":"2026-01-01T00:00:00.000000Z",
  "receipt":{"total":100},"steps":[
  {"name":"a","index":[],"attempts":[{"number":1,"status":"Succeeded","startedAt":"2026-01-01T00:00:00.050000Z",
    "receipt":{"queue":20,"window":10,"cold":20,"transport":1,"exec":49,"store":0}}]},
  {"name":"b","index":[3],"attempts":[{"number":2,"status":"Failed","startedAt":"2026-01-01T00:00:00.090000Z",
    "receipt":{"exec":0.01}}]}]})";

TEST(Timeline, SplitsABarIntoItsParts) {
  const auto drawn = drawTimeline(kRecord, {8 + 22 + 50, false});
  ASSERT_TRUE(drawn) << drawn.error().message;
  EXPECT_NE(drawn->find("a        ..........~~~~~**********#########################"), std::string::npos)
      << *drawn;
}

TEST(Timeline, ShowsEveryAttemptHoweverShortAndHowItEnded) {
  const auto drawn = drawTimeline(kRecord, {80, false});
  ASSERT_TRUE(drawn);
  const auto line = drawn->substr(drawn->find("b[3] #2"));
  EXPECT_NE(line.find('#', 8), std::string::npos) << line;
  EXPECT_NE(line.find("Failed"), std::string::npos) << line;
}

TEST(Timeline, UsesNoColourUnlessAsked) {
  EXPECT_EQ(drawTimeline(kRecord, {80, false})->find('\033'), std::string::npos);
  EXPECT_NE(drawTimeline(kRecord, {80, true})->find('\033'), std::string::npos);
}

TEST(Timeline, SaysWhatNoBarShows) {
  const auto drawn = drawTimeline(
      R"({"workflow":"w","status":"Failed","createdAt":"2026-01-01T00:00:00Z","receipt":{"total":100,"wait":60},)"
      R"("error":{"type":"ValueError","message":"one\ntwo","step":"s"},"steps":[{"name":"nap","attempts":[]}]})",
      {80, false});
  ASSERT_TRUE(drawn) << drawn.error().message;
  EXPECT_NE(drawn->find("60.0 ms of them it waited on purpose\nstep \"s\": ValueError: one\n"),
            std::string::npos)
      << *drawn;
  EXPECT_EQ(drawTimeline(kRecord, {80, false})->find("purpose"), std::string::npos);
}

TEST(Timeline, RefusesWhatIsNoRecord) {
  EXPECT_EQ(drawTimeline("[]", {}).error().kind, "InvalidRecord");
  EXPECT_EQ(drawTimeline("{", {}).error().kind, "InvalidRecord");
  EXPECT_TRUE(drawTimeline(kRecord, {.width = 0, .colour = false}));
}

}  // namespace
}  // namespace faasbatch::cli
