#include "lib/json/indent.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/json/check.h"

namespace faasbatch::json {
namespace {

TEST(Indented, PutsEachMemberAndItemOnItsLine) {
  EXPECT_EQ(indented(R"({"b":[1,{"a":"x"}],"a":{},"c":[ ]})"),
            R"({
  "b": [
    1,
    {
      "a": "x"
    }
  ],
  "a": {},
  "c": []
})");
  EXPECT_EQ(indented(" null\n"), "null");
  EXPECT_EQ(indented("[]"), "[]");
  EXPECT_EQ(indented(R"([ "a" , "b" ])"), "[\n  \"a\",\n  \"b\"\n]");
}

TEST(Indented, LeavesNumbersAndStringsAsTheyAre) {
  for (const char* token : {"1.0", "1e3", "-0", "123456789012345678901234567890", R"("a\" {[,:]} \\")",
                            R"("\u00e9 ☃")", "\"[\"", "\"{\""}) {
    EXPECT_EQ(indented(token), token);
    EXPECT_EQ(indented("[" + std::string(token) + "]"), "[\n  " + std::string(token) + "\n]");
  }
}

TEST(Indented, IsTheSameValue) {
  const std::string text = R"({"a":[[],[[{}]],{"b":[1,2,"{"]}],"\"":":","c":{"d":{"e":[null,true,-1.5]}}})";
  ASSERT_TRUE(check(indented(text)));
  EXPECT_EQ(nlohmann::json::parse(indented(text)), nlohmann::json::parse(text));
  EXPECT_EQ(indented(indented(text)), indented(text));
  EXPECT_EQ(indented(text), nlohmann::ordered_json::parse(text).dump(2));
}

}  // namespace
}  // namespace faasbatch::json
