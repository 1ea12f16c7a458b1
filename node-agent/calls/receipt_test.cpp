#include "node-agent/calls/receipt.h"

#include <gtest/gtest.h>

#include "node-agent/calls/call.h"

namespace faasbatch::calls {
namespace {

using std::chrono::microseconds;

TEST(Receipt, TotalIsTheSumOfAllParts) {
  const Receipt receipt{.engine = microseconds(1),
                        .queue = microseconds(2),
                        .window = microseconds(4),
                        .cold = microseconds(8),
                        .transport = microseconds(16),
                        .exec = microseconds(32),
                        .store = microseconds(64),
                        .wait = microseconds(128)};
  EXPECT_EQ(receipt.total(), microseconds(255));
}

TEST(Receipt, AddsPartByPart) {
  Receipt sum{.queue = microseconds(1), .exec = microseconds(2)};
  sum += {.cold = microseconds(3), .exec = microseconds(4)};
  EXPECT_EQ(sum, (Receipt{.queue = microseconds(1), .cold = microseconds(3), .exec = microseconds(6)}));
}

TEST(FunctionKey, OrdersByNamespaceThenWorkflowThenFunction) {
  const FunctionKey key{"default", "wordcount", "count"};
  EXPECT_EQ(key.describe(), "default/wordcount/count");
  EXPECT_LT(key, (FunctionKey{"default", "wordcount", "split"}));
  EXPECT_LT(key, (FunctionKey{"default", "x", "a"}));
}

}  // namespace
}  // namespace faasbatch::calls
