#include "lib/json/shorten.h"

#include <gtest/gtest.h>

namespace faasbatch::json {
namespace {

TEST(Shorten, ABeginningEndsBetweenCharacters) {
  const std::string_view text = "aä€😀";  // of 1, 2, 3 and 4 bytes
  const std::string_view beginnings[] = {"", "a", "a", "aä", "aä", "aä", "aä€", "aä€", "aä€", "aä€", "aä€😀"};
  for (std::size_t most = 0; most <= text.size(); ++most)
    EXPECT_EQ(beginningOf(text, most), beginnings[most]);
  EXPECT_EQ(beginningOf(text, text.size() + 1), text);
  EXPECT_EQ(beginningOf("", 0), "");
}

TEST(Shorten, WhatIsNoUtf8IsCutSomewhere) { EXPECT_EQ(beginningOf("\x80\x80\x80", 2), ""); }

TEST(Shorten, SaysThatThereIsMore) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("abäcdef", 6), "ab...");
  EXPECT_EQ(shortened("abcd", 3), "...");
}

}  // namespace
}  // namespace faasbatch::json
