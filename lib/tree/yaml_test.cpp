#include "lib/tree/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "lib/tree/tree.h"

namespace faasbatch::tree {
namespace {

using ::testing::HasSubstr;

std::string read(std::string_view yaml) {
  const auto json = yamlToJson(yaml, kMaxYamlNodes);
  return json ? *json : "error: " + json.error().message;
}

TEST(YamlScalars, FollowTheCoreSchema) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"no", R"("no")"},
      {"yes", R"("yes")"},
      {"on", R"("on")"},
      {"true", "true"},
      {"False", "false"},
      {"~", "null"},
      {"null", "null"},
      {"''", R"("")"},
      {"'true'", R"("true")"},
      {"\"3\"", R"("3")"},
      {"3", "3"},
      {"-3", "-3"},
      {"+3", "3"},
      {"007", "7"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0xZZ", R"("0xZZ")"},
      {".5", "0.5"},
      {"1.", "1.0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"-1.50", "-1.50"},
      {"1e3", "1e3"},
      {"1E+3", "1e+3"},
      {"1e", R"("1e")"},
      {".", R"(".")"},
      {"-", "[null]"},
      {"1_000", R"("1_000")"},
      {"12:30", R"("12:30")"},
      {"2026-01-02", R"("2026-01-02")"},
      {"0.1.2", R"("0.1.2")"},
      {"123456789012345678901234567890", "123456789012345678901234567890"},
      {"<<", R"("<<")"},
      {"é", R"("é")"}};
  for (const auto& [yaml, json] : cases) EXPECT_EQ(read(yaml), json) << yaml;
}

TEST(YamlScalars, RefuseWhatJsonCannotHold) {
  for (const std::string_view yaml : {".inf", "-.Inf", "+.INF", ".nan", ".NaN"}) {
    EXPECT_THAT(read(yaml), HasSubstr("is no number that JSON can hold")) << yaml;
  }
  EXPECT_THAT(read("0x1ffffffffffffffff"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(read("-1e309"), HasSubstr("does not fit a double"));
  EXPECT_EQ(read("1e-999"), "1e-999");
}

TEST(Yaml, ReadsStructures) {
  EXPECT_EQ(read("a: {b: [1, x]}\nc:\n- d: |\n    two\n    lines\n- >-\n  folded\n  text\n"),
            R"({"a":{"b":[1,"x"]},"c":[{"d":"two\nlines\n"},"folded text"]})");
  EXPECT_EQ(read("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n&k key: *k\n"),
            R"({"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":1}],"key":"key"})");
  EXPECT_EQ(read(""), "null");
  EXPECT_EQ(read("# nothing"), "null");
  EXPECT_EQ(read("--- a\n"), R"("a")");
}

TEST(Yaml, RefusesWithLineAndColumn) {
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\n"), "error: line 3, column 1: the key \"a\" is given twice");
  EXPECT_EQ(read("a: &x [*x]"), "error: line 1, column 8: an alias inside the node that it names");
  EXPECT_EQ(read("1: a"), "error: line 1, column 1: a key must be a string, not a number: put it in quotes");
  EXPECT_EQ(read("[a]: a"), "error: line 1, column 1: a key must be a string, not a list: put it in quotes");
  EXPECT_EQ(
      read("a: !!str 3"),
      "error: line 1, column 4: the tag \"tag:yaml.org,2002:str\": tags are not supported, leave it out");
  EXPECT_EQ(read("a: 1\n---\nb: 2\n"),
            "error: line 2, column 1: there are several documents: give one at a time");
  EXPECT_THAT(read("a: [1"), HasSubstr("error: line"));
  EXPECT_THAT(read("a: *x"), HasSubstr("error: line 1, column 4"));
  EXPECT_EQ(read(std::string_view("a: \0", 4)), "error: line 1: the control character 0 is not allowed");
  EXPECT_EQ(read("a:\n  \x04"), "error: line 2: the control character 4 is not allowed");
  EXPECT_EQ(read("a: \xff"), "error: line 1: the text is not UTF-8");
}

// Of this process: others on the machine do not count.
double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST(Yaml, BoundsABombBeforeItIsBuilt) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 8; ++k) bomb += "," + before;
    bomb += "]\n";
  }
  const double before = cpuSeconds();
  EXPECT_THAT(read(bomb),
              ::testing::AnyOf(HasSubstr("more than 200000 nodes"), HasSubstr("anchors hold too much")));
  EXPECT_LT(cpuSeconds() - before, 2);
}

TEST(Yaml, BoundsTheTextThatAliasesRepeat) {
  std::string yaml = "a: &a " + std::string(1 << 19, 'x') + "\nb: [*a";
  for (int i = 0; i < 100; ++i) yaml += ",*a";
  EXPECT_THAT(read(yaml + "]"), HasSubstr("too much text"));
}

TEST(Yaml, BoundsDepthHoweverItComes) {
  constexpr std::size_t kDeepBytes = 1 << 20;
  EXPECT_THAT(read(std::string(90, '[') + std::string(90, ']')), HasSubstr("[[["));
  EXPECT_THAT(read(std::string(101, '[') + std::string(101, ']')), HasSubstr("more than 100 deep"));
  const double before = cpuSeconds();
  for (const std::string_view piece : {"[", "{a: ", "- ", "? ", "{", "[{", "&a [", "a: {"}) {
    std::string deep;
    while (deep.size() < kDeepBytes) deep += piece;
    EXPECT_THAT(read(deep), HasSubstr("error: ")) << piece;
  }
  std::string blocks;
  for (int i = 0; i < 1000; ++i) blocks += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(read(blocks), HasSubstr("more than 100 deep"));
  std::string aliases = "a0: &a0 x\n";
  for (int i = 1; i < 200; ++i) {
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_THAT(read(aliases), HasSubstr("aliases nest too deep"));
  EXPECT_LT(cpuSeconds() - before, 30);
}

Tree randomTree(std::mt19937& random, int depth) {
  static const std::string kStrings[] = {
      "",      "a",      "no",         "3",     "1.5",   "null",    "~",        "a b",       "a: b",
      "# c",   "- x",    "two\nlines", "end\n", "\n",    " lead",   "é",        "tab\there", "a\\b",
      "\"q\"", "'",      "${x}",       "x\n\n", "x \ny", "a\n b\n", "{",        "[",         "&a",
      "*a",    "!t",     "%",          "@",     "`",     "|",       ">",        "?",         ":",
      "-",     "---",    "...",        "<<",    "=",     "a:",      "a #b",     "True",      "0x1F",
      ".inf",  "a\r\nb", "\x7f",       "12:30", "on",    "\u0085",  "a\u2028b", "\ufeff"};
  const auto pick = [&](int n) { return static_cast<int>(random() % n); };
  switch (pick(depth > 0 ? 7 : 5)) {
    case 0:
      return {};
    case 1:
      return Tree::boolean(pick(2) == 0);
    case 2:
      return Tree::number(std::to_string(pick(1000) - 500));
    case 3:
    case 4:
      return Tree::string(kStrings[pick(std::size(kStrings))]);
    case 5: {
      Tree list = Tree::list();
      for (int i = pick(4); i > 0; --i) list.items.push_back(randomTree(random, depth - 1));
      return list;
    }
    default: {
      Tree map = Tree::map();
      for (int i = pick(4); i > 0; --i) {
        const std::string& key = kStrings[pick(std::size(kStrings))];
        if (map.find(key) == nullptr) map.add(key, randomTree(random, depth - 1));
      }
      return map;
    }
  }
}

TEST(YamlWriter, WritesWhatReadsBackTheSame) {
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    const std::string json = toJson(randomTree(random, 4));
    const auto yaml = jsonToYaml(json);
    ASSERT_TRUE(yaml.has_value());
    ASSERT_EQ(read(*yaml), json) << *yaml;
  }
}

TEST(YamlWriter, IsPleasantToRead) {
  EXPECT_EQ(
      *jsonToYaml(R"({"a":{"b":[1,{"c":"x","d":[]}],"e":"yes"},"code":"def f():\n  return 1\n","t":"${x}"})"),
      "a:\n  b:\n  - 1\n  - c: x\n    d: []\n  e: \"yes\"\ncode: |\n  def f():\n    return 1\nt: \"${x}\"\n");
}

}  // namespace
}  // namespace faasbatch::tree
