#include "node-agent/runs/logs.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "node-agent/runs/backlog.h"

namespace faasbatch::runs {
namespace {

TEST(RunLog, WritesTheLinesOfTheApi) {
  RunLog log;
  log.add("count", {3}, 2, {{1'700'000'000'000'000'000}, "stderr", "a\"b\n"});
  EXPECT_EQ(nlohmann::json::parse(log.jsonLines()), nlohmann::json({{"time", "2023-11-14T22:13:20.000000Z"},
                                                                    {"step", "count"},
                                                                    {"index", {3}},
                                                                    {"attempt", 2},
                                                                    {"stream", "stderr"},
                                                                    {"text", "a\"b\n"}}));
}

TEST(RunLog, StopsAtItsBoundAndSaysSo) {
  RunLog log;
  const std::string text(64 * 1024, 'x');
  for (int i = 0; i < 100; ++i) log.add("s", {}, 1, {{0}, "stdout", text});
  EXPECT_LT(log.size(), kMaxRunLogBytes + 1024);
  EXPECT_THAT(log.jsonLines(), testing::HasSubstr("the rest is not kept"));
}

TEST(Backlog, HandsOnInOrderUntilOneMustWait) {
  Backlog backlog;
  const calls::FunctionKey a{"ns", "w", "a"};
  const calls::FunctionKey b{"ns", "w", "b"};
  std::vector<int> taken;
  int room = 1;
  for (int i = 0; i < 3; ++i) {
    backlog.add(a, [&, i] {
      if (room == 0) return false;
      --room;
      taken.push_back(i);
      return true;
    });
  }
  backlog.add(b, [&] {
    taken.push_back(9);
    return true;
  });
  backlog.pump();
  EXPECT_EQ(taken, (std::vector<int>{0, 9}));
  EXPECT_TRUE(backlog.holds(a));
  EXPECT_FALSE(backlog.holds(b));
  room = 5;
  backlog.pump();
  EXPECT_EQ(taken, (std::vector<int>{0, 9, 1, 2}));
  EXPECT_TRUE(backlog.empty());
}

}  // namespace
}  // namespace faasbatch::runs
