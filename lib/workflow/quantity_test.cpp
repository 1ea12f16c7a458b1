#include "lib/workflow/quantity.h"

#include <gtest/gtest.h>

#include <optional>

namespace faasbatch::workflow {
namespace {

TEST(Quantity, InThousandths) {
  const std::pair<std::string_view, std::int64_t> cases[] = {{"0", 0},
                                                             {"1", 1000},
                                                             {"500m", 500},
                                                             {"0.5", 500},
                                                             {".5", 500},
                                                             {"1.", 1000},
                                                             {"+2", 2000},
                                                             {"1.1", 1100},
                                                             {"0.3", 300},
                                                             {"1n", 1},
                                                             {"1500u", 2},
                                                             {"2k", 2'000'000},
                                                             {"1e3", 1'000'000},
                                                             {"1E-3", 1},
                                                             {"1Ki", 1'024'000},
                                                             {"128Mi", 134'217'728'000},
                                                             {"1.5Gi", 1'610'612'736'000},
                                                             {"1E", INT64_MAX},
                                                             {"9e400", INT64_MAX}};
  for (const auto& [text, milli] : cases) EXPECT_EQ(parseQuantityMilli(text), milli) << text;
}

TEST(Quantity, NothingElse) {
  for (const std::string_view text :
       {"", "x", "m", "-1", "1x", "1 ", " 1", "1KI", "1ki", "1mm", "1e", "1e1.5", "1..2", "."})
    EXPECT_EQ(parseQuantityMilli(text), std::nullopt) << text;
}

}  // namespace
}  // namespace faasbatch::workflow
