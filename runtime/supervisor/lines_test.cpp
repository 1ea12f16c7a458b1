#include "runtime/supervisor/lines.h"

#include <gtest/gtest.h>

#include "runtime/supervisor/log_budget.h"

namespace faasbatch::supervisor {
namespace {

TEST(Lines, AreAsTheContractShowsThem) {
  std::string out;
  appendLog(out, "7", {1700000000.5, protocol::Stream::kStderr}, "line\n");
  appendSucceeded(out, "7", {12, 1534, 0}, "{\"count\":\n1}");
  appendFailed(out, "8", {12, 90, 0}, {"ValueError", "x", "trace", false});
  appendFailed(out, "9", {0, 1, 0}, {"WorkerCrashed", "x", "", true});
  EXPECT_EQ(out,
            "{\"id\":\"7\",\"logs\":[{\"time\":1700000000.5,\"stream\":\"stderr\",\"text\":\"line\\n\"}]}\n"
            "{\"id\":\"7\",\"status\":\"Succeeded\",\"queueUs\":12,\"execUs\":1534,\"storeUs\":0,\"output\":{"
            "\"count\": 1}}\n"
            "{\"id\":\"8\",\"status\":\"Failed\",\"queueUs\":12,\"execUs\":90,\"storeUs\":0,"
            "\"error\":{\"type\":\"ValueError\",\"message\":\"x\",\"traceback\":\"trace\"}}\n"
            "{\"id\":\"9\",\"status\":\"Failed\",\"queueUs\":0,\"execUs\":1,\"storeUs\":0,"
            "\"error\":{\"type\":\"WorkerCrashed\",\"message\":\"x\",\"alone\":true}}\n");
}

TEST(LogBudget, LetsTheFirstBytesThrough) {
  LogBudget budget(5);
  EXPECT_EQ(budget.take("abc"), "abc");
  EXPECT_EQ(budget.take("defg"), "de");
  EXPECT_EQ(budget.take("h"), "");
  EXPECT_EQ(budget.dropped(), 3u);
}

}  // namespace
}  // namespace faasbatch::supervisor
