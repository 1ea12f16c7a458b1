// The check of each form and its pattern are the same rule.
#include "lib/workflow/text_form.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>

namespace faasbatch::workflow {
namespace {

struct Case {
  const TextForm& form;
  std::string_view right;    // texts that are right, by '|'
  std::string_view wrong;    // likewise
  std::string_view letters;  // to make random texts of, as pieces by ' '
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.form.name; }

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(by);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

class TextForms : public ::testing::TestWithParam<Case> {};

TEST_P(TextForms, CheckAndPatternAgree) {
  const Case& c = GetParam();
  const std::regex pattern{std::string(c.form.pattern)};
  const auto check = [&](const std::string& text) {
    const bool right = c.form.check(text).empty();
    EXPECT_EQ(std::regex_search(text, pattern), right) << text;
    return right;
  };
  for (const std::string& text : split(c.right, '|')) EXPECT_TRUE(check(text)) << text;
  for (const std::string& text : split(c.wrong, '|')) EXPECT_FALSE(check(text)) << text;
  std::mt19937 random(6);
  const auto letters = split(c.letters, ' ');
  int right = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (std::size_t n = random() % 7; n > 0; --n) text += letters[random() % letters.size()];
    if (check(text)) ++right;
  }
  EXPECT_GT(right, 20);
  EXPECT_LT(right, 4'980);
}

const Case kCases[] = {
    {kStepNameForm, "a|_|a-b|Z9_", "|9a|-a|a b|a.b|\u00e4", "a Z _ - 9 . x"},
    {kObjectNameForm, "a|a.b|a-b.c-d|0", "|A|-a|a-|a..b|.a|a_b|a.-b", "a b0 - . A"},
    {kConfigKeyForm, "a|A.b|..|_-|9", "|a b|a/b", "a . - _ 9 / A"},
    {kErrorTypeForm, "*|A|a.b|_x9", "|**|a.|.a|9|a b", "* a B . _ 9"},
    {kConstructorForm, "a.b|redis.Redis|a.b.c", "|a|a.|.a|a..b|*", "a B . _ 9 *"},
    {kHttpUrlForm, "http://x|https://", "|ftp://x|http:/x|xhttp://", "http s :// x ftp"},
    {kSha256Form, "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD", "|0|g",
     "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD 0 g"},
    {kVariableNameForm, "A|a b|.", "|=|A=", "A b = ."},
    {kLabelKeyForm, "a|a_B.c|example.com/a|a.b/C-d", "|-a|a-|/a|a/|A/a|a/b/c|a b", "a B / . - _ c"},
    {kLabelValueForm, "|a|a-B_c.d|9", "-|a-|.a|a b|a/b", "a B - . _ 9 /"},
    {kQuantityForm, "0|1.5|500m|128Mi|1e3|+2|.5|1E", "|m|-1|1x|1.5.|1e|1 |1KI", "1 . m Mi e 2 + - E k x"},
    {kDurationForm, "0|1s|1m30s|.5s|1.s|1\u00b5s|1\u03bcs", "|1|s|1 s|-1s|1d|00", "1 . s ms m h 0 \u00b5s x"},
    {kExpressionForm, "${a}|${}|${a} ${b}", "|a|${a|a}| ${a}|${a} ", "$ { } a ${"},
    {kWaitForm, "${a}|1s|0", "|a|${a|1", "${ } 1 s 0 a"},
};

INSTANTIATE_TEST_SUITE_P(All, TextForms, ::testing::ValuesIn(kCases), [](const auto& info) {
  std::string name;
  for (const char c : info.param.form.name) name += c == ' ' || c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace faasbatch::workflow
