#include "lib/json/path.h"

#include <gtest/gtest.h>

namespace faasbatch::json {
namespace {

TEST(Path, FindsWhatLiesDeep) {
  constexpr std::string_view kText = R"({"a":{"b":[1, {"c":2}], "d":"x"},"e":null})";
  EXPECT_EQ(at(kText, {}), kText);
  EXPECT_EQ(at(kText, {"a", "d"}), "\"x\"");
  EXPECT_EQ(at(kText, {"a", "b"}), "[1, {\"c\":2}]");
  EXPECT_EQ(at(kText, {"e"}), "null");
}

TEST(Path, SaysNothingOfWhatIsNotThere) {
  constexpr std::string_view kText = R"({"a":{"b":[1]},"e":null})";
  EXPECT_EQ(at(kText, {"x"}), std::nullopt);
  EXPECT_EQ(at(kText, {"a", "x"}), std::nullopt);
  EXPECT_EQ(at(kText, {"a", "b", "0"}), std::nullopt);
  EXPECT_EQ(at(kText, {"e", "f"}), std::nullopt);
  EXPECT_EQ(at("", {"a"}), std::nullopt);
}

}  // namespace
}  // namespace faasbatch::json
