#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "lib/cel/number_text.h"
#include "lib/cel/suggest.h"
#include "lib/cel/text_edit.h"
#include "lib/cel/text_search.h"
#include "lib/cel/time_text.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

TEST(Utf8, KnowsWholeCodePointsOnly) {
  for (const char* good : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\xb1", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(isUtf8(good)) << good;
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "a\xff", "\xe2\x82"})
    EXPECT_FALSE(isUtf8(bad));
}

TEST(Utf8, ReadsWhatItWrote) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; code += 97) {
    if (!isCodePoint(code)) continue;
    std::string text;
    appendUtf8(code, text);
    ASSERT_TRUE(isUtf8(text));
    ASSERT_EQ(decodeCodePoint(text), code);
    ASSERT_EQ(countCodePoints(text), 1U);
  }
}

TEST(NumberText, ReadsTheDoubleItWrote) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    ASSERT_EQ(parseDouble(doubleText(number)), number);
  }
}

TEST(NumberText, KnowsTooLargeFromTooSmall) {
  EXPECT_EQ(parseDouble("1e-999"), 0.0);
  EXPECT_EQ(parseDouble("0.000" + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(parseDouble("-1e-99999999999999999999"), 0.0);
  EXPECT_FALSE(parseDouble("1e999"));
  EXPECT_FALSE(parseDouble("1e99999999999999999999"));
  EXPECT_FALSE(parseDouble("1" + std::string(400, '0')));
  for (const char* bad : {"", "+", "1e", "0x1", "1_0", "--1", "nane", "-nan", "1 ", "."})
    EXPECT_FALSE(parseDouble(bad)) << bad;
}

TEST(TimeText, ReadsTheDurationsItWrote) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto nanoseconds = static_cast<std::int64_t>(random() >> (random() % 64));
    ASSERT_EQ(parseDuration(durationText(nanoseconds)), nanoseconds) << nanoseconds;
  }
  EXPECT_EQ(parseDuration(durationText(INT64_MIN)), INT64_MIN);
  EXPECT_EQ(durationText(INT64_MIN), "-9223372036.854775808s");
}

TEST(TimeText, BoundsDurations) {
  EXPECT_EQ(parseDuration("2562047h47m16.854775807s"), INT64_MAX);
  for (const char* bad :
       {"2562047h47m16.854775808s", "9999999999999999999999h", "", "-", "1", ".s", "1x", "h", "1 s", "1sh"})
    EXPECT_FALSE(parseDuration(bad)) << bad;
  EXPECT_EQ(parseDuration("0.100000000000000000000000000000h"), 360'000'000'000);
}

TEST(TimeText, ReadsTheTimestampsItWrote) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> seconds(kMinTimestampSeconds, kMaxTimestampSeconds);
  for (int i = 0; i < 10'000; ++i) {
    const Instant instant{seconds(random), static_cast<std::int32_t>(random() % 1'000'000'000)};
    const auto read = parseTimestamp(timestampText(instant.seconds, instant.nanos));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->seconds, instant.seconds);
    ASSERT_EQ(read->nanos, instant.nanos);
  }
}

TEST(TimeText, RefusesWhatIsNoTimestamp) {
  for (const char* bad :
       {"", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-13-01T00:00:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00.Z", "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0100",
        "0001-01-01T00:00:00+00:01", "2023-02-29T00:00:00Z", "2024-01-01T00:00:00Zx"})
    EXPECT_FALSE(parseTimestamp(bad)) << bad;
}

TEST(TextSearch, AgreesWithTheStandardLibrary) {
  std::mt19937 random(7);
  const auto word = [&random](std::size_t longest) {
    std::string text(random() % (longest + 1), 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 2);
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = word(20);
    const std::string needle = word(4);
    ASSERT_EQ(findText(text, needle), text.find(needle));
    ASSERT_EQ(findLastText(text, needle), text.rfind(needle));
    const auto parts = splitText(text, needle.empty() ? "a" : needle, kUnlimited);
    std::string joined;
    for (std::size_t p = 0; p < parts.size(); ++p) joined.append(p == 0 ? "" : "-").append(parts[p]);
    ASSERT_EQ(replaceText(text, needle.empty() ? "a" : needle, "-", kUnlimited, SIZE_MAX).text, joined);
  }
}

TEST(TextEdit, StopsBeforeTheResultIsTooLong) {
  EXPECT_FALSE(replaceText("aaaa", "a", "bbbb", kUnlimited, 15).fits);
  EXPECT_EQ(replaceText("aaaa", "a", "bbbb", kUnlimited, 16).text.size(), 16U);
}

TEST(Suggest, TakesTheNearestName) {
  constexpr std::array<std::string_view, 4> kNames = {"input", "steps", "item", "index"};
  EXPECT_EQ(nearestName("inptu", kNames), "input");
  EXPECT_EQ(nearestName("step", kNames), "steps");
  EXPECT_EQ(nearestName("banana", kNames), "");
  EXPECT_EQ(nearestName(std::string(1'000'000, 'x'), kNames), "");
  EXPECT_EQ(didYouMean("itm", kNames), ", did you mean \"item\"?");
}

}  // namespace
}  // namespace faasbatch::cel
