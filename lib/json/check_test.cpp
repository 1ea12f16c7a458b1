#include "lib/json/check.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace faasbatch::json {
namespace {

using namespace std::string_literals;

TEST(Check, PassesWhatRfc8259Allows) {
  for (const std::string& text :
       {"null"s, " true\n"s, "\t[ ]\r\n"s, "{}"s, "0"s, "-0"s, "-0.0e-0"s, "1E+2"s,
        "123456789012345678901234567890"s, R"("")"s, R"("\u0000")"s, R"("\ud83d\ude00")"s,
        "\"\xF0\x9F\x98\x80\x7F\""s, R"({"a":1,"a":2})"s, R"("\"\\\/\b\f\n\r\t")"s}) {
    EXPECT_TRUE(check(text)) << text;
  }
}

TEST(Check, RefusesWhatItDoesNot) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "nul"s,
                                  "NaN"s,
                                  "-"s,
                                  "01"s,
                                  "1."s,
                                  ".5"s,
                                  "+1"s,
                                  "1e"s,
                                  "0x10"s,
                                  "[1,]"s,
                                  "{\"a\":1,}"s,
                                  "{a:1}"s,
                                  "{'a':1}"s,
                                  "[1 2]"s,
                                  "[1"s,
                                  "]"s,
                                  "\"a"s,
                                  "\"\n\""s,
                                  "\"\\x\""s,
                                  "\"\\u12\""s,
                                  R"("\ud800")"s,
                                  R"("\udc00")"s,
                                  R"("\ud800\u0041")"s,
                                  "\"\xC0\xAF\""s,
                                  "\"\xED\xA0\x80\""s,
                                  "\"\xF4\x90\x80\x80\""s,
                                  "\"\xE2\x82\""s,
                                  "1 2"s,
                                  "//c\n1"s,
                                  "\xEF\xBB\xBF{}"s,
                                  "{}\0{"s,
                                  "1\0"s,
                                  "\0"s,
                                  "\"\0\""s,
                                  "1e400"s,
                                  "\xA0{}"s}) {
    const auto checked = check(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().kind, "InvalidJson");
  }
}

TEST(Check, NamesTheByte) {
  EXPECT_EQ(check("[1, x]").error().message, "not JSON: unexpected input at byte 4");
  EXPECT_EQ(check("{}\0"s).error().message, "not JSON: a NUL byte at byte 2");
  EXPECT_EQ(check("\xEF\xBB\xBF{}").error().message, "not JSON: a byte order mark at byte 0");
  EXPECT_EQ(check("[\"abc").error().message, "not JSON: unexpected end at byte 5");
  EXPECT_EQ(check("\"0123456789\xFF\"").error().message, "not JSON: unexpected input at byte 11");
}

// Readers make a double of what is no integer; what is too large for one would be another value there.
TEST(Check, BoundsNumbersByWhatADoubleHolds) {
  const std::string digits(250, '9');
  for (const std::string& text :
       {"1e308"s, "-1.7976931348623157e308"s, digits + "e58", digits + digits + "e-300", "1e-999999999999"s,
        "0.00000001e310"s, "0e999999999"s, std::string(309, '1')}) {
    EXPECT_TRUE(check(text)) << text;
    EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  }
  for (const std::string& text :
       {"1e309"s, "[-1.8e308]"s, digits + "e59", digits + digits, "1e999999999999"s}) {
    ASSERT_FALSE(check(text)) << text;
    EXPECT_TRUE(check(text).error().message.starts_with("a number beyond")) << text;
    EXPECT_FALSE(nlohmann::json::accept(text)) << text;
  }
}

// What is read eight bytes at a time ends anywhere in the eight.
TEST(Check, SeesABadByteWhereverItStands) {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char bad : {'\x1F', '\xFF', '\x80', '\\', '"', '\0'}) {
        std::string text = '"' + std::string(length, '~') + '"';
        EXPECT_TRUE(check(text));
        text[1 + at] = bad;
        EXPECT_FALSE(check(text)) << text;
      }
      std::string number(length, '7');
      number[at] = ';';
      EXPECT_FALSE(check(number)) << number;
    }
  }
}

TEST(Check, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(check(nested(kMaxDepth)));
  const auto tooDeep = check(nested(kMaxDepth + 1));
  ASSERT_FALSE(tooDeep);
  EXPECT_EQ(tooDeep.error().message, "nested deeper than 128 arrays and objects");
  EXPECT_TRUE(check("[[],{},[[]]]", 3));
  EXPECT_FALSE(check("[[],{},[[]]]", 2));
  EXPECT_FALSE(check(std::string(100'000, '[')));
}

// On mutations of real documents check() agrees with the library's own answer, but for the two things the
// library lets pass: NUL bytes and a byte order mark.
TEST(Check, AgreesWithTheLibraryOnMutations) {
  const std::vector<std::string> seeds = {
      R"({"a":[1,2.5e3,-0.1],"b":{"c":"x\u00e9\n","d":null},"e":[true,false,"\ud83d\ude00"]})",
      "[[[[\"\xC3\xA9\",{}],[]],0],\"\\\\\"]", " {\"k\" : [ ] , \"l\":\"\xF0\x9F\x98\x80\"} "};
  const std::string alphabet = "[]{},:\"\\u0019eE+-.tfn \n\xC3\xA9\xED\xF4";
  std::mt19937 random(7);
  const auto below = [&random](std::size_t n) { return random() % n; };
  int passed = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text = seeds[below(seeds.size())];
    for (auto edits = below(4); edits > 0 && !text.empty(); --edits) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = alphabet[below(alphabet.size())];
          break;
        case 1:
          text.erase(at, 1 + below(3));
          break;
        default:
          text.insert(at, 1, alphabet[below(alphabet.size())]);
      }
    }
    const bool expected = nlohmann::json::accept(text);
    ASSERT_EQ(check(text).has_value(), expected) << text;
    passed += expected ? 1 : 0;
  }
  EXPECT_GT(passed, 10'000);  // the mutations leave enough documents whole for the test to mean something
  EXPECT_LT(passed, 90'000);
}

}  // namespace
}  // namespace faasbatch::json
