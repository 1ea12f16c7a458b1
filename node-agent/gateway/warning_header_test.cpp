#include "node-agent/gateway/warning_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::gateway {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> fieldsOf(const std::vector<workflow::Fault>& warnings) {
  net::Headers headers;
  addWarnings(headers, warnings);
  std::vector<std::string> fields;
  for (const auto& [name, value] : headers) {
    EXPECT_EQ(name, "Warning");
    fields.push_back(value);
  }
  return fields;
}

TEST(Warnings, AreQuotedStringsOnOneLine) {
  EXPECT_THAT(fieldsOf({{"spec.x", "no \"f\"\r\nEvil: \\ ü"}}),
              ElementsAre(R"(299 - "spec.x: no \"f\"  Evil: \\ ü")"));
  EXPECT_THAT(fieldsOf({}), ElementsAre());
}

TEST(Warnings, AreBoundedInNumberAndLength) {
  EXPECT_EQ(fieldsOf(std::vector<workflow::Fault>(kMaxWarnings, {"a", "b"})).back(), "299 - \"a: b\"");
  const auto many = fieldsOf(std::vector<workflow::Fault>(99, {"a", "b"}));
  ASSERT_EQ(many.size(), kMaxWarnings);
  EXPECT_EQ(many.back(), "299 - \"and 80 more\"");
  std::string umlauts;
  while (umlauts.size() < 2 * kMaxWarningBytes) umlauts += "ü";
  const std::string cut = fieldsOf({{"a", umlauts}}).front();
  EXPECT_LE(cut.size(), kMaxWarningBytes + 8);
  EXPECT_TRUE(cut.ends_with("ü\""));
}

}  // namespace
}  // namespace faasbatch::gateway
