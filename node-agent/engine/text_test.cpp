#include "node-agent/engine/text.h"

#include <gtest/gtest.h>

namespace faasbatch::engine {
namespace {

using namespace std::chrono_literals;

TEST(Text, WritesMillisecondsWithUpToThreeDecimals) {
  EXPECT_EQ(millisText(0ns), "0");
  EXPECT_EQ(millisText(1ms), "1");
  EXPECT_EQ(millisText(1'250us), "1.25");
  EXPECT_EQ(millisText(7us), "0.007");
  EXPECT_EQ(millisText(499ns), "0");
  EXPECT_EQ(millisText(500ns), "0.001");
  EXPECT_EQ(millisText(-1'500us), "-1.5");
  EXPECT_EQ(millisText(2h), "7200000");
}

TEST(Text, WritesDurationsAsUsersDo) {
  EXPECT_EQ(durationText(15min), "15m");
  EXPECT_EQ(durationText(1500ms), "1.5s");
  EXPECT_EQ(durationText(300ms), "300ms");
  EXPECT_EQ(durationText(0s), "0s");
  EXPECT_EQ(durationText(90s), "90s");
}

TEST(Text, KeepsFarTimesInRange) {
  EXPECT_EQ(instantOf(1, 5).ns, 1'000'000'005);
  EXPECT_EQ(instantOf(-1, 500'000'000).ns, -500'000'000);
  EXPECT_EQ(instantOf(253'402'300'799, 0), base::Instant::never());
  EXPECT_EQ(instantOf(-62'135'596'800, 0).ns, INT64_MIN);
}

}  // namespace
}  // namespace faasbatch::engine
