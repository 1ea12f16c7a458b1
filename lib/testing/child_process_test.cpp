#include "lib/testing/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/testing/eventually.h"
#include "lib/testing/free_port.h"
#include "lib/testing/redis_server.h"
#include "lib/testing/test_loop.h"

namespace faasbatch::testing {
namespace {

TEST(ChildProcessTest, OutputAndStatusAreCaptured) {
  ChildProcess child({"sh", "-c", "echo out $NAME; echo err >&2; exit 3"}, {.environment = {"NAME=value"}});
  const auto status = child.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 3);
  EXPECT_EQ(child.output(), "out value\nerr\n");
}

TEST(ChildProcessTest, ItEndsWithTheObject) {
  pid_t pid = 0;
  {
    ChildProcess child({"sh", "-c", "echo ready; trap '' TERM; while :; do read x; sleep 1; done"});
    ASSERT_TRUE(child.waitForOutput("ready"));
    pid = child.pid();
    EXPECT_TRUE(child.running());
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(ChildProcessTest, WaitingEndsWhenTheProcessDoes) {
  ChildProcess child({"true"});
  EXPECT_FALSE(child.waitForOutput("never"));
  ChildProcess missing({"/no/such/program"});
  ASSERT_TRUE(missing.wait());
  EXPECT_EQ(WEXITSTATUS(*missing.wait()), 127);
}

TEST(RedisServerTest, StartsStopsAndStartsAgain) {
  RedisServer server;
  if (!server.missing().empty()) GTEST_SKIP() << server.missing();
  EXPECT_TRUE(acceptsConnections(server.port()));
  server.kill();
  EXPECT_FALSE(acceptsConnections(server.port()));
  EXPECT_TRUE(server.restart());
}

TEST(TestLoopTest, RunsTasksAndTimersInOrder) {
  TestLoop loop;
  std::string order;
  loop.after(std::chrono::milliseconds(10), [&] { order += "c"; });
  const auto cancelled = loop.after(std::chrono::milliseconds(1), [&] { order += "x"; });
  loop.cancel(cancelled);
  loop.post([&] { order += "a"; });
  loop.post([&] { loop.post([&] { order += "b"; }); });
  EXPECT_TRUE(loop.runUntil([&] { return order == "abc"; }));
  EXPECT_FALSE(loop.runUntil([] { return false; }, std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace faasbatch::testing
