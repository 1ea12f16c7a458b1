#include "lib/workflow/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "lib/tree/tree.h"
#include "lib/workflow/template_split.h"

namespace faasbatch::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Values final : public cel::Activation {
 public:
  Values& set(const std::string& name, std::string_view json) {
    values_[name] = *cel::Value::fromJson(json);
    return *this;
  }
  std::optional<cel::Value> find(std::string_view variable) const override {
    const auto found = values_.find(variable);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, cel::Value, std::less<>> values_;
};

Values values() {
  Values v;
  v.set("input", R"({"s":"text","n":3,"d":1.5,"l":[1,"a"],"z":null})").set("item", R"({"a":1})");
  v.set("steps", R"({"a":{"output":"A"},"a-b":{"output":[2]}})");
  return v;
}

std::string render(std::string_view json) {
  const auto parsed = Template::parse(json);
  if (!parsed) return "fault " + parsed.error().front().path + ": " + parsed.error().front().message;
  const auto payload = parsed->render(values());
  if (!payload) return "error: " + payload.error().message;
  // What evaluate() gives is the same value.
  const auto value = parsed->evaluate(values());
  EXPECT_EQ(*value->toJson(), *cel::Value::fromJson(payload->view())->toJson()) << json;
  return std::string(payload->view());
}

TEST(Template, GivesTheValueOfAStringThatIsOneExpression) {
  EXPECT_EQ(render(R"("${input.n}")"), "3");
  EXPECT_EQ(render(R"("${input}")"), R"({"s":"text","n":3,"d":1.5,"l":[1,"a"],"z":null})");
  EXPECT_EQ(render(R"({"a":["${input.l}",{"b":"${input.z}"}],"c":1})"),
            R"({"a":[[1,"a"],{"b":null}],"c":1})");
}

TEST(Template, PutsValuesIntoLongerStringsAsText) {
  EXPECT_EQ(render(R"("a ${input.s} b ${input.n}${input.d} ${input.l} ${input.z}")"),
            R"("a text b 31.5 [1,\"a\"] null")");
  EXPECT_EQ(render(R"(" ${input.n}")"), R"(" 3")");
  EXPECT_EQ(render(R"("in ${duration('90s')} at ${timestamp('2026-01-02T03:04:05Z')}")"),
            R"("in 90s at 2026-01-02T03:04:05Z")");
}

TEST(Template, KnowsWhereAnExpressionEnds) {
  EXPECT_EQ(render(R"("${ {'a': 1}.a }")"), "1");
  EXPECT_EQ(render(R"("${'}'}")"), R"("}")");
  EXPECT_EQ(render(R"("${\"}\"}${'\\'}'}")"), R"("}'}")");
  EXPECT_EQ(render(R"("${r'\\'}")"), R"("\\")");
  EXPECT_EQ(render(R"("${'''}'''}")"), R"("}")");
  EXPECT_EQ(render(R"("x${1 // } comment\n}")"), R"("x1")");
  EXPECT_EQ(render(R"("${{'a': {'b': '${'}}['a']['b']}")"), R"("${")");
}

TEST(Template, TakesDoubledDollarsLiterally) {
  EXPECT_EQ(render(R"("$${input.n}")"), R"("${input.n}")");
  EXPECT_EQ(render(R"("$$${input.n} $ $5 $$ ${1}$")"), R"("$${input.n} $ $5 $$ 1$")");
  EXPECT_EQ(render(R"({"a":["$${x}"]})"), R"({"a":["${x}"]})");
}

TEST(Template, KeepsConstantsAsTheyWereWritten) {
  const auto parsed = Template::parse(R"({"z":1.50,"a":[1e3,123456789012345678901,"é\u0001"]})");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->constant());
  const auto first = parsed->render(values());
  EXPECT_EQ(first->view(), "{\"z\":1.50,\"a\":[1e3,123456789012345678901,\"é\\u0001\"]}");
  EXPECT_EQ(first->view().data(), parsed->render(values())->view().data())
      << "the same bytes, not a copy of them";
  EXPECT_EQ(render(R"(["${input.n}",{"k":1.50}])"), R"([3,{"k":1.50}])");
}

TEST(Template, NamesThePayloadThatItPassesOn) {
  const auto whole = [](std::string_view text) {
    Tree tree = Tree::string(std::string(text));
    const auto parsed = Template::parse(tree);
    const auto& found = parsed->whole();
    return found ? found->variable + "/" + found->step : "no";
  };
  EXPECT_EQ(whole("${input}"), "input/");
  EXPECT_EQ(whole("${ item }"), "item/");
  EXPECT_EQ(whole("${steps.a.output}"), "steps/a");
  EXPECT_EQ(whole("${steps['a-b'].output}"), "steps/a-b");
  EXPECT_EQ(whole("${steps[\"a\"].output}"), "steps/a");
  for (const std::string_view text : {"${input.a}", "${steps.a}", "${run}", "x${input}",
                                      "${steps.a.output.b}", "${input + input}", "$${input}", "${index}"}) {
    EXPECT_EQ(whole(text), "no") << text;
  }
}

TEST(Template, ReportsEveryFaultWithItsPathAndPosition) {
  const auto parsed = Template::parse(R"({"a":["${1 +}","x\né ${inptu}"],"b.c":"${f(}","d":"${x"})");
  ASSERT_FALSE(parsed.has_value());
  std::vector<std::string> said;
  for (const auto& fault : parsed.error())
    said.push_back(fault.path + " " + fault.message.substr(0, fault.message.find(": ")));
  EXPECT_THAT(said, ElementsAre(".a[0] at 1:6", ".a[1] at 2:5", "[b.c] at 1:5", ".d at 1:1"));
}

TEST(Template, ListsItsUses) {
  const auto parsed =
      Template::parse(R"({"t":"${steps.a.output + steps['b'].output} ${[1].map(x, x + index)}"})");
  ASSERT_TRUE(parsed.has_value());
  std::vector<std::string> uses;
  for (const auto& use : parsed->uses())
    uses.push_back(use.path + " " + use.reference.variable + " " + use.reference.member.value_or("-"));
  EXPECT_THAT(uses, ElementsAre(".t steps a", ".t steps b", ".t index -"));
}

TEST(Template, FailsWithThePathOfTheExpression) {
  EXPECT_THAT(render(R"({"a":{"b":"${input.nope}"}})"), HasSubstr("error: in .a.b: "));
  EXPECT_THAT(render(R"("${0.0 / 0.0}")"), HasSubstr("error: "));
  EXPECT_THAT(render(R"("${last}")"), HasSubstr("error: "));
  EXPECT_THAT(render("{"), HasSubstr("fault "));
}

TEST(Template, ATextThatGrowsWithoutEndIsRefused) {
  Values large;
  large.set("input", '"' + std::string(1 << 20, 'x') + '"');
  std::string list = "[";
  std::string text = "\"";
  for (int i = 0; i < 100; ++i) {
    list += R"("${input}",)";
    text += "${input} ";
  }
  for (const std::string& json : {list + "0]", text + '"'}) {
    const auto made = Template::parse(json);
    ASSERT_TRUE(made);
    const auto rendered = made->render(large);
    ASSERT_FALSE(rendered) << json.substr(0, 20);
    EXPECT_THAT(rendered.error().message, HasSubstr("bytes"));
  }
}

TEST(SplitTemplate, GivesPiecesWithPositions) {
  const auto pieces = splitTemplate("é${a}\n ${b}");
  ASSERT_TRUE(pieces.has_value());
  ASSERT_EQ(pieces->size(), 4u);
  EXPECT_EQ((*pieces)[1].start.column, 4u);
  EXPECT_EQ((*pieces)[3].start.line, 2u);
  EXPECT_EQ((*pieces)[3].start.column, 4u);
}

}  // namespace
}  // namespace faasbatch::workflow
