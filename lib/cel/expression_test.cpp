#include "lib/cel/expression.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

std::string listOfZeros(std::size_t count) {
  std::string json = "[0";
  for (std::size_t i = 1; i < count; ++i) json += ",0";
  return json + "]";
}

TEST(Expression, CountsTheUsesOfAVariableOnce) {
  class Counting final : public Activation {
   public:
    std::optional<Value> find(std::string_view) const override {
      ++asked;
      return Value::integer(2);
    }
    mutable int asked = 0;
  };
  constexpr std::array<std::string_view, 2> kVariables = {"x", "y"};
  const auto expression = Expression::parse("[1, 2, 3].map(i, i * x + x)", kVariables);
  ASSERT_TRUE(expression);
  const Counting counting;
  EXPECT_EQ(expression->evaluate(counting)->toJson().value(), "[4,6,8]");
  EXPECT_EQ(counting.asked, 1);
}

TEST(Expression, IsEvaluatedByManyThreadsAtOnce) {
  constexpr std::array<std::string_view, 1> kVariables = {"input"};
  const auto expression =
      Expression::parse("input.map(x, string(x)).join('-').matches('^0(-0)*$')", kVariables);
  ASSERT_TRUE(expression);
  const InputActivation input(listOfZeros(50));
  std::vector<std::thread> threads;
  std::atomic<int> matched = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, copy = *expression] {
      for (int i = 0; i < 200; ++i) matched += copy.evaluate(input)->asBool() ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(matched, 800);
}

TEST(Expression, RefusesTextThatIsTooLong) {
  EXPECT_TRUE(run("'" + std::string(Expression::kMaxBytes - 2, 'x') + "'").starts_with("\"xxx"));
  EXPECT_EQ(run("'" + std::string(Expression::kMaxBytes - 1, 'x') + "'"),
            "error 1:1: the expression has 65537 bytes; at most 65536 are allowed");
}

TEST(Budget, EndsNestedMacros) {
  const std::string input = listOfZeros(1000);
  EXPECT_TRUE(run("input.all(a, input.all(b, input.all(c, true)))", input)
                  .ends_with("the evaluation costs more than 1000000 steps"));
  EXPECT_TRUE(run("input.map(a, input.map(b, input))", input).ends_with("more than 1000000 steps"));
  EXPECT_EQ(run("size(input.map(a, input.all(b, b == 0)))", listOfZeros(100)), "100");
}

TEST(Budget, IsNotAbsorbed) {
  const std::string input = listOfZeros(1000);
  EXPECT_TRUE(run("input.all(a, input.all(b, input.all(c, true))) || true", input).ends_with("steps"));
  EXPECT_TRUE(run("input.exists(a, input.all(b, input.all(c, true)) && false)", input).ends_with("steps"));
}

// Whatever makes or reads text or lists pays for it: doubling one of them again and again ends in an error
// and not in gigabytes.
TEST(Budget, BoundsMemory) {
  for (const char* grow :
       {"x + x", "[x, x].join('')", "x.replace('', x)", "x.split('').map(c, x).join()",
        "string(bytes(x) + bytes(x))", "x + x.reverse() + x.upperAscii()", "strings.quote(x)"}) {
    std::string text = "'0123456789'";
    for (int i = 0; i < 40; ++i) text = "[" + text + "].map(x, " + grow + ")[0]";
    const std::string result = run("size(" + text + ")");
    EXPECT_TRUE(result.ends_with("steps")) << grow << ": " << result;
  }
  std::string lists = "[0]";
  for (int i = 0; i < 40; ++i) lists = "[" + lists + "].map(x, x + x)[0]";
  EXPECT_TRUE(run("size(" + lists + ")").ends_with("steps"));
}

TEST(Budget, ChargesForTextThatIsOnlyRead) {
  const std::string input = "\"" + std::string(1'000'000, 'x') + "\"";
  for (const char* read :
       {"size(input) > 0", "input == input + 'x'", "input.contains('y')", "input.matches('y')",
        "input.indexOf('y') > 0", "input in [input]", "input in {input: 1}", "input < input",
        "input.trim() == ''", "input.charAt(9) == ''", "{input: 1}[input] == 1"})
    EXPECT_TRUE(
        run("'abcdefghijklmnopqrstuvwxyz'.split('').map(c, " + std::string(read) + ")", input, 100'000)
            .ends_with("steps"))
        << read;
}

// A pattern of a few bytes can be a program of thousands of instructions, made anew for each item.
TEST(Budget, ChargesForPatternsThatAreNotConstant) {
  const std::string input = listOfZeros(1000);
  for (const char* pattern :
       {"'(((a{10}){10}){3}' + ')'", "'(((a{100}){100}){100}' + ')'", "'(' + ''", "'a' + ''"})
    EXPECT_TRUE(run("input.map(a, input.map(b, !'x'.matches(" + std::string(pattern) + ") || true))", input)
                    .ends_with("steps"))
        << pattern;
}

TEST(Budget, BoundsThePatternsOfOneExpression) {
  std::string text = "'a'.matches('a')";
  for (int i = 1; i < 64; ++i) text += "&&'a'.matches('a')";
  EXPECT_EQ(run(text), "true");
  EXPECT_TRUE(
      run(text + "&&'a'.matches('a')").ends_with("more than 64 regular expressions in one expression"));
  EXPECT_TRUE(run("'a'.matches('(((a{100}){100}){100})')").starts_with("error 1:13: bad regular expression"));
  EXPECT_EQ(run("'a'.matches('" + std::string(5000, 'a') + "')"),
            "error 1:13: a regular expression of 5000 bytes; at most 4096 are allowed");
}

TEST(Budget, GivesTheSameResultWithMoreOfIt) {
  const std::string text = "[1, 2, 3].map(x, string(x)).join('-')";
  const std::string result = run(text);
  bool enough = false;
  for (std::uint64_t cost = 0; cost < 200; ++cost) {
    const std::string limited = run(text, "null", cost);
    if (enough || limited == result) enough = true;
    EXPECT_EQ(limited == result, enough);
  }
  EXPECT_TRUE(enough);
}

// Any sequence of words is parsed or refused, and what is parsed is evaluated to its end.
TEST(Property, RandomWordsNeverCrash) {
  constexpr std::array kWords = {"(",
                                 ")",
                                 "[",
                                 "]",
                                 "{",
                                 "}",
                                 ",",
                                 ".",
                                 ":",
                                 "?",
                                 "+",
                                 "-",
                                 "*",
                                 "/",
                                 "%",
                                 "!",
                                 "&&",
                                 "||",
                                 "==",
                                 "<",
                                 "in",
                                 "input",
                                 "missing",
                                 "x",
                                 "1",
                                 "0u",
                                 "1.5",
                                 "'a'",
                                 "b'a'",
                                 "null",
                                 "true",
                                 "size(",
                                 ".map(x,",
                                 ".all(x,",
                                 "has(",
                                 "input.a",
                                 "`a`",
                                 "[0]",
                                 "\n",
                                 "//",
                                 ".exists(x, x",
                                 ".filter(x, ",
                                 "'",
                                 "\"\"\"",
                                 "string(",
                                 ".split(",
                                 "-1",
                                 "\\"};
  std::mt19937 random(11);
  int values = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text;
    for (std::size_t words = random() % 12 + 1; words > 0; --words)
      text.append(kWords[random() % kWords.size()]).append(random() % 3 == 0 ? " " : "");
    values += run(text, R"({"a": [1, "x"]})", 10'000).starts_with("error") ? 0 : 1;
  }
  EXPECT_GT(values, 100);
}

TEST(Property, RandomBytesNeverCrash) {
  std::mt19937 random(13);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() % 256 : random() % 96 + 32);
    (void)run(text, "1", 10'000);
  }
}

}  // namespace
}  // namespace faasbatch::cel
