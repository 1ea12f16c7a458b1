#include "lib/kube/line_cutter.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace faasbatch::kube {
namespace {

using Lines = std::vector<std::string>;

// Feeds `text` in the pieces that end at `cuts`.
base::Result<Lines> cut(LineCutter& cutter, std::string_view text,
                        const std::vector<std::size_t>& cuts = {}) {
  Lines lines;
  std::size_t from = 0;
  const auto feed = [&](std::size_t to) {
    auto fed = cutter.feed(text.substr(from, to - from), [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
    from = to;
    return fed;
  };
  for (const std::size_t at : cuts) {
    if (auto fed = feed(at); !fed) return std::unexpected(fed.error());
  }
  if (auto fed = feed(text.size()); !fed) return std::unexpected(fed.error());
  return lines;
}

TEST(LineCutter, GivesWholeLines) {
  LineCutter cutter;
  EXPECT_EQ(cut(cutter, "a\nbc\r\n\n\r\nd\ne"), (Lines{"a", "bc", "d"}));
  EXPECT_TRUE(cutter.midLine());
  EXPECT_EQ(cut(cutter, "f\n"), (Lines{"ef"}));
  EXPECT_FALSE(cutter.midLine());
}

TEST(LineCutter, DoesNotCareWhereTheStreamIsCut) {
  const std::string text = "{\"a\":1}\r\n{\"b\":\"\\n\"}\n\n{\"c\":3}\n";
  LineCutter whole;
  const auto expected = cut(whole, text).value();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::size_t> cuts;
    for (std::size_t i = random() % 8; i > 0; --i) cuts.push_back(random() % (text.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    LineCutter cutter;
    EXPECT_EQ(cut(cutter, text, cuts), expected);
  }
}

TEST(LineCutter, BoundsALine) {
  for (const std::vector<std::size_t>& cuts : {std::vector<std::size_t>{}, {3}, {1, 2, 3, 4, 5}}) {
    LineCutter fits(5);
    EXPECT_EQ(cut(fits, "12345\n1\n", cuts), (Lines{"12345", "1"}));
    LineCutter over(5);
    const auto refused = cut(over, "123456\n", cuts);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, "InvalidResponse");
    LineCutter endless(5);
    EXPECT_FALSE(cut(endless, "123456", cuts));
  }
}

TEST(LineCutter, StopsWhenNoMoreIsWanted) {
  LineCutter cutter;
  int seen = 0;
  EXPECT_TRUE(cutter.feed("a\nb\nc\n", [&](std::string_view) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace faasbatch::kube
