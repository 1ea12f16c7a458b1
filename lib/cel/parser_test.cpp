#include "lib/cel/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(Parser, BindsOperatorsByPrecedence) {
  EXPECT_EQ(run("1 + 2 * 3 - 4 / 2 % 3"), "5");
  EXPECT_EQ(run("10 - 4 - 3"), "3");
  EXPECT_EQ(run("true || false && false"), "true");
  EXPECT_EQ(run("1 < 2 == true"), "true");
  EXPECT_EQ(run("!false && !true || true ? 'a' : 'b'"), "\"a\"");
  EXPECT_EQ(run("false ? 1 : false ? 2 : 3"), "3");
  EXPECT_EQ(run("-2 * -3"), "6");
  EXPECT_EQ(run("- -2"), "2");
  EXPECT_EQ(run("1 - -1"), "2");
  EXPECT_EQ(run("1 in [1] && 2 in {2: 3}"), "true");
  EXPECT_EQ(run("-[1, 2][1]"), "-2");
}

TEST(Parser, ReadsEveryLiteral) {
  EXPECT_EQ(run("[0x1F, 7u, 0xFFu, 1.5, .5, 1e3, -9223372036854775808, null, true, 'a', [1,], {'k': 1,}]"),
            "[31,7,255,1.5,0.5,1000.0,-9223372036854775808,null,true,\"a\",[1],{\"k\":1}]");
  EXPECT_EQ(run("{'b-c': 1}.`b-c`"), "1");
  EXPECT_EQ(run("{'for': 1}.for"), "1");
}

TEST(Parser, SaysWhatItExpectedAndWhere) {
  EXPECT_EQ(run(""), "error 1:1: expected an expression, found the end");
  EXPECT_EQ(run("1 +"), "error 1:4: expected an expression, found the end");
  EXPECT_EQ(run("(1"), "error 1:3: expected \")\", found the end");
  EXPECT_EQ(run("[1 2]"), "error 1:4: expected \",\" or \"]\", found \"2\"");
  EXPECT_EQ(run("{1}"), "error 1:3: expected \":\", found \"}\"");
  EXPECT_EQ(run("size(1,)"), "error 1:8: expected an expression, found \")\"");
  EXPECT_EQ(run("1 ? 2"), "error 1:6: expected \":\", found the end");
  EXPECT_EQ(run("input.1"), "error 1:6: expected an operator or the end, found \".1\"");
  EXPECT_EQ(run("input.in"), "error 1:7: expected the name of a field, found \"in\"");
  EXPECT_EQ(run("1\n  + #"), "error 2:5: unexpected character \"#\"");
  EXPECT_EQ(run("'\u00e4' + #"), "error 1:7: unexpected character \"#\"");
  EXPECT_EQ(run("1 & 2"), "error 1:3: unexpected character \"&\"; use \"&&\"");
  EXPECT_EQ(run("while"), "error 1:1: \"while\" is a reserved word and names no variable or function");
  EXPECT_EQ(run("9223372036854775808"),
            "error 1:1: the number 9223372036854775808 does not fit an int; a uint ends in \"u\"");
  EXPECT_EQ(run("Message{a: 1}"),
            "error 1:8: messages such as \"Message{...}\" are not supported; use a map {\"field\": value}");
  EXPECT_EQ(run("\xff"), "error 1:1: the expression is not UTF-8");
}

TEST(Parser, BoundsTheNesting) {
  constexpr int kMost = Expression::kMaxNesting - 1;
  EXPECT_EQ(run(repeat("(", kMost) + "1" + repeat(")", kMost)), "1");
  EXPECT_EQ(run("size(" + repeat("[", kMost - 1) + repeat("]", kMost - 1) + ")"), "1");
  const std::string tooDeep = "the expression is nested deeper than 250 levels";
  for (const char* opening :
       {"(", "[", "{1: ", "size(", "-(", "!(", "[1].map(x, ", "true ? (", "1 + (", "input["})
    EXPECT_TRUE(run(repeat(opening, 5000)).ends_with(tooDeep)) << opening;
  EXPECT_TRUE(run("input" + repeat(".a", 5000)).ends_with(tooDeep));
  EXPECT_TRUE(run("input" + repeat("[0]", 5000)).ends_with(tooDeep));
  EXPECT_TRUE(run("'a'" + repeat(".trim()", 5000)).ends_with(tooDeep));
}

TEST(Parser, TooManyOfAnythingIsAnError) {
  for (const char* text : {"(", "[", "-", "!", "{", "1+", "'", "a.", "true?", "\\"})
    EXPECT_TRUE(run(repeat(text, 100'000)).starts_with("error 1:")) << text;
}

TEST(Parser, FlatChainsMayBeLong) {
  EXPECT_EQ(run("1" + repeat("+1", 30'000)), "30001");
  EXPECT_EQ(run("1" + repeat("*1", 30'000)), "1");
  EXPECT_EQ(run("false" + repeat("||false", 9'000)), "false");
  EXPECT_EQ(run("true" + repeat("&&true", 9'000)), "true");
  EXPECT_EQ(run(repeat("false?1:", 8'000) + "2"), "2");
  EXPECT_EQ(run(repeat("!", 60'000) + "true"), "true");
  EXPECT_EQ(run(repeat("-", 60'000) + "1"), "1");
  EXPECT_EQ(run("size([" + repeat("1,", 30'000) + "])"), "30000");
}

}  // namespace
}  // namespace faasbatch::cel
