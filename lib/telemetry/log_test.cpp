#include "lib/telemetry/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "lib/json/check.h"
#include "lib/telemetry/log_line.h"

namespace faasbatch::telemetry {
namespace {

using ::testing::HasSubstr;

constexpr base::Instant kTime{1'700'000'000'000'000'000};

TEST(LogLine, IsOneJsonObjectWithTheFieldsInOrder) {
  EXPECT_EQ(formatLine(kTime, Level::kWarning, "pod lost",
                       {{"pod", "p-1"}, {"calls", 3}, {"ratio", 0.5}, {"forced", true}}),
            R"({"time":"2023-11-14T22:13:20.000000Z","level":"warning","message":"pod lost",)"
            R"("pod":"p-1","calls":3,"ratio":0.5,"forced":true})");
}

TEST(LogLine, EscapesWhatUsersPutIn) {
  const std::string line = formatLine(kTime, Level::kInfo, "x", {{"text", "a\"b\n\xff"}});
  EXPECT_TRUE(json::check(line).has_value()) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Log, WritesWholeLinesFromManyThreads) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 50; ++i) info("line", {{"thread", t}, {"i", i}});
      });
    }
  }
  const std::string text = testing::internal::GetCapturedStderr();
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_TRUE(json::check(std::string_view(text).substr(at, end - at)).has_value());
    at = end + 1;
    ++lines;
  }
  EXPECT_EQ(lines, 200U);
}

TEST(Log, LeavesOutLinesBelowTheLevel) {
  testing::internal::CaptureStderr();
  log(Level::kDebug, "not seen");
  setLevel(Level::kDebug);
  log(Level::kDebug, "seen");
  setLevel(Level::kInfo);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("\"seen\""));
  EXPECT_EQ(text.find("not seen"), std::string::npos);
}

}  // namespace
}  // namespace faasbatch::telemetry
