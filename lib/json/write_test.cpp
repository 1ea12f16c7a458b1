#include "lib/json/write.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "lib/json/check.h"

namespace faasbatch::json {
namespace {

using namespace std::string_literals;

TEST(Quoted, EscapesWhatMustBe) {
  EXPECT_EQ(json::quoted(""), R"("")");
  EXPECT_EQ(json::quoted("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(json::quoted("\b\f\n\r\t\x01\x1f\0"s), R"("\b\f\n\r\t\u0001\u001f\u0000")");
  EXPECT_EQ(json::quoted("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  EXPECT_EQ(json::quoted("a\xFF\xC3"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(Quoted, IsJsonWhateverTheBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() : 0x20 + random() % 0x60);
    const std::string text = json::quoted(bytes);
    ASSERT_TRUE(check(text)) << text;
    if (check("\"" + bytes + "\"")) {
      continue;
    }
    // Bytes that are UTF-8 come back as they were.
    const auto back = nlohmann::json::parse(text).get<std::string>();
    if (back.find("\xEF\xBF\xBD") == back.npos) {
      ASSERT_EQ(back, bytes);
    }
  }
}

TEST(OneLine, ReplacesLineBreaks) { EXPECT_EQ(oneLine("{\r\n  \"a\\n\": 1\n}"), "{    \"a\\n\": 1 }"); }

TEST(Object, KeepsTheCommas) {
  std::string out;
  Object object(out);
  object.text("s", "x\"")
      .number("i", 3)
      .number("u", UINT64_MAX)
      .number("d", 0.1)
      .boolean("b", true)
      .null("n");
  object.raw("r", "[1]");
  object.key("k") += "{}";
  object.end();
  EXPECT_EQ(out, R"({"s":"x\"","i":3,"u":18446744073709551615,"d":0.1,"b":true,"n":null,"r":[1],"k":{}})");
  std::string empty;
  Object(empty).end();
  EXPECT_EQ(empty, "{}");
}

TEST(Lists, HaveCommasBetweenTheirItemsOnly) {
  std::string out;
  appendTexts(out, std::vector<std::string>{"a", "[", "\""});
  appendNumbers(out, std::vector<std::uint64_t>{1, UINT64_MAX});
  appendNumbers(out, std::vector<int>{-1});
  appendTexts(out, std::vector<std::string>());
  EXPECT_EQ(out, R"(["a","[","\""][1,18446744073709551615][-1][])");
  out.clear();
  appendList(out, std::vector<int>{1, 2},
             [](std::string& to, int item) { Object(to).number("n", item).end(); });
  EXPECT_EQ(out, R"([{"n":1},{"n":2}])");
}

TEST(Object, WritesNumbersThatReadBack) {
  for (const double value : {0.0, -0.0, 1.0, 1e300, -1e-300, 5e-324, 1.7976931348623157e308, 123456789.125}) {
    std::string out;
    Object(out).number("v", value).end();
    EXPECT_EQ(nlohmann::json::parse(out).at("v").get<double>(), value) << out;
  }
  std::string out;
  Object(out).number("nan", std::nan("")).number("inf", -INFINITY).end();
  EXPECT_EQ(out, R"({"nan":null,"inf":null})");
}

}  // namespace
}  // namespace faasbatch::json
