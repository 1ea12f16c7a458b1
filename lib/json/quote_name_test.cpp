#include "lib/json/quote_name.h"

#include <gtest/gtest.h>

namespace faasbatch::json {
namespace {

TEST(QuoteName, EscapesAndCuts) {
  EXPECT_EQ(quoteName("a"), "\"a\"");
  EXPECT_EQ(quoteName("a\"\n"), R"("a\"\n")");
  EXPECT_EQ(quoteName(std::string(kMaxQuotedBytes, 'x')), "\"" + std::string(kMaxQuotedBytes, 'x') + "\"");
  EXPECT_EQ(quoteName(std::string(kMaxQuotedBytes + 1, 'x')),
            "\"" + std::string(kMaxQuotedBytes, 'x') + "...\"");
  const std::string before(kMaxQuotedBytes - 1, 'x');
  EXPECT_EQ(quoteName(before + "é" + before), "\"" + before + "...\"");  // not inside the character
}

}  // namespace
}  // namespace faasbatch::json
