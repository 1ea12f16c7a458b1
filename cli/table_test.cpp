#include "cli/table.h"

#include <gtest/gtest.h>

namespace faasbatch::cli {
namespace {

TEST(Table, PadsColumnsToTheirWidestCell) {
  EXPECT_EQ(table({{"NAME", "N"}, {"a", "1"}, {"longer", "22"}}), "NAME     N\na        1\nlonger   22\n");
}

TEST(Table, CountsCodePointsNotBytes) { EXPECT_EQ(table({{"ä", "x"}, {"bb", "y"}}), "ä    x\nbb   y\n"); }

TEST(Table, LeavesNoBlanksAtTheEndOfALine) { EXPECT_EQ(table({{"A", "B"}, {"1", ""}}), "A   B\n1\n"); }

}  // namespace
}  // namespace faasbatch::cli
