#include "lib/cel/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> references(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kVariables = {"input", "steps", "item", "x.y"};
  std::vector<std::string> found;
  const auto expression = Expression::parse(text, kVariables);
  if (!expression) return {"error " + expression.error().describe()};
  for (const Reference& reference : expression->references())
    found.push_back(reference.variable + (reference.member ? "/" + *reference.member : "") + "@" +
                    std::to_string(reference.offset));
  return found;
}

TEST(References, NameTheConstantMember) {
  EXPECT_THAT(references("steps.a.output.b"), ElementsAre("steps/a@0"));
  EXPECT_THAT(references("steps['a-b'].output"), ElementsAre("steps/a-b@0"));
  EXPECT_THAT(references("steps.`a-b`"), ElementsAre("steps/a-b@0"));
  EXPECT_THAT(references("has(steps.a)"), ElementsAre("steps/a@4"));
  EXPECT_THAT(references("steps[input.x]"), ElementsAre("steps@0", "input/x@6"));
  EXPECT_THAT(references("size(steps)"), ElementsAre("steps@5"));
  EXPECT_THAT(references("steps[0]"), ElementsAre("steps@0"));
}

TEST(References, AreInTheOrderOfTheirUse) {
  EXPECT_THAT(references("[steps.b, item, steps.a].map(s, s + input.n)"),
              ElementsAre("steps/b@1", "item@10", "steps/a@16", "input/n@36"));
  EXPECT_THAT(references("true ? steps.a : steps.b"), ElementsAre("steps/a@7", "steps/b@17"));
}

TEST(References, LeaveOutMacroVariablesAndTypes) {
  EXPECT_THAT(references("[1].all(steps, steps.a == int)"), IsEmpty());
  EXPECT_THAT(references("[1].all(i, .steps.a == i)"), ElementsAre("steps/a@11"));
  EXPECT_THAT(references("steps.list.all(steps, steps.a)"), ElementsAre("steps/list@0"));
}

TEST(References, TakeDottedVariablesWhole) {
  EXPECT_THAT(references("x.y.z"), ElementsAre("x.y/z@0"));
  EXPECT_THAT(references("[1].all(x, x.y == 1)"), IsEmpty());
}

TEST(Resolve, HintsAtTheNameThatWasMeant) {
  EXPECT_EQ(run("inptu.a"), "error 1:1: unknown variable \"inptu\", did you mean \"input\"?");
  EXPECT_EQ(run("[1].map(value, valeu)"), "error 1:16: unknown variable \"valeu\", did you mean \"value\"?");
  EXPECT_EQ(run("zzz"), "error 1:1: unknown variable \"zzz\"");
  EXPECT_EQ(run("siez('a')"), "error 1:1: unknown function \"siez\", did you mean \"size\"?");
  EXPECT_EQ(run("'a'.startWith('a')"),
            "error 1:5: unknown function \"startWith\", did you mean \"startsWith\"?");
  EXPECT_EQ(run("[1].fliter(x, true)"), "error 1:5: unknown function \"fliter\", did you mean \"filter\"?");
  EXPECT_EQ(run("'%d'.format([1])"), "error 1:6: unknown function \"format\"");
  EXPECT_EQ(run("contains('a', 'b')"), "error 1:1: contains() is called on a value: x.contains(...)");
  EXPECT_EQ(run("'1'.int()"), "error 1:5: int() is not called on a value: write int(x)");
  EXPECT_EQ(run("'a'.substring()"), "error 1:5: substring() takes 1 or 2 arguments, not 0");
  EXPECT_EQ(run("size()"), "error 1:1: size() takes 1 argument, not 0");
  EXPECT_EQ(run("'a'.matches('(')"), "error 1:13: bad regular expression: missing ): (");
}

TEST(Resolve, ExplainsHyphens) {
  EXPECT_EQ(references("steps.a-b").front(),
            "error 1:9: unknown variable \"b\"; a name with a hyphen stands in brackets: steps[\"a-b\"]");
  EXPECT_EQ(references("steps.a-b-c.output").front(),
            "error 1:9: unknown variable \"b\"; a name with a hyphen "
            "stands in brackets: steps[\"a-b-c\"]");
  EXPECT_EQ(references("steps.a - b").front(), "error 1:11: unknown variable \"b\"");
}

TEST(Resolve, InnerMacroVariablesHideOuterOnes) {
  EXPECT_EQ(run("[1].map(x, [2].map(x, x))"), "[[2]]");
  EXPECT_EQ(run("[1].map(x, [x + 1].map(x, x * 10)[0] + x)"), "[21]");
  EXPECT_EQ(run("[1, 2].map(input, input)", "5"), "[1,2]");
  EXPECT_EQ(run("[1, 2].map(input, .input)", "5"), "[5,5]");
}

TEST(Resolve, UncheckedNamesFailWhenEvaluated) {
  const InputActivation none("null");
  const auto absorbed = Expression::parseUnchecked("nothing || nowhere(1) || true", {});
  ASSERT_TRUE(absorbed);
  EXPECT_EQ(absorbed->evaluate(none)->asBool(), true);
  const auto failing = Expression::parseUnchecked("nowhere(1)", {});
  ASSERT_TRUE(failing);
  EXPECT_EQ(failing->evaluate(none).error().describe(), "1:1: no such function \"nowhere\"");
}

}  // namespace
}  // namespace faasbatch::cel
