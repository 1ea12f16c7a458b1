#include "lib/kube/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "lib/base/descriptor_limit.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

base::Result<ProgramEnd> shell(const std::string& script, ProgramCall call = {}) {
  call.argv = {"sh", "-c", script};
  return runProgram(call, {});
}

TEST(RunProgram, GivesWhatItPrintedAndHowItEnded) {
  const auto end = shell("echo out $NAME; echo err >&2; exit 3", {.environment = {"NAME=value"}});
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->output, "out value\n");
  EXPECT_EQ(end->errors, "err\n");
  EXPECT_EQ(WEXITSTATUS(end->status), 3);
}

TEST(RunProgram, HasNoTerminalAndNothingToRead) {
  const auto end = shell("cat; (: </dev/tty) 2>/dev/null && echo terminal; exit 0");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, "");
}

TEST(RunProgram, HasTheLimitOfDescriptorsFromBeforeItWasRaised) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  if (old.rlim_max < 200) GTEST_SKIP() << "the hard limit is " << old.rlim_max;
  const rlimit low{.rlim_cur = 100, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  base::raiseDescriptorLimit();
  rlimit raised{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &raised), 0);
  const auto end = shell("ulimit -S -n");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_GT(raised.rlim_cur, 100U);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->output, "100\n");
}

TEST(RunProgram, LeavesNoSignalBlockedForIt) {
  const auto end = shell("kill -TERM $$; echo still here");
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_TRUE(WIFSIGNALED(end->status));
  EXPECT_EQ(WTERMSIG(end->status), SIGTERM);
  EXPECT_EQ(end->output, "");
}

TEST(RunProgram, ReadsMoreThanAPipeHolds) {
  const auto end = shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output.size(), 300'000U);
  EXPECT_EQ(end->errors.size(), kMaxProgramErrors);
}

TEST(RunProgram, SaysWhereThereIsNone) {
  const auto end = runProgram({.argv = {"/no/such/program"}}, {});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, "ProgramNotFound");
}

TEST(RunProgram, EndsItWhenItTakesTooLong) {
  const auto begin = std::chrono::steady_clock::now();
  const auto end = shell("sleep 60 & sleep 60", {.time = 50ms});
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("took longer"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST(RunProgram, EndsItWhenItPrintsTooMuch) {
  const auto end = shell("yes", {.maxOutput = 100'000});
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("more than 100000 bytes"));
}

TEST(RunProgram, DoesNotWaitForWhatItLeavesBehind) {
  const auto begin = std::chrono::steady_clock::now();
  const auto end = shell("sleep 20 & echo done");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
}

TEST(RunProgram, StopsWhenAsked) {
  std::jthread thread([](const std::stop_token& stop) {
    const auto end = runProgram({.argv = {"sleep", "60"}}, stop);
    EXPECT_FALSE(end);
    EXPECT_EQ(end.error().message, "it was stopped");
  });
  thread.request_stop();
  thread.join();
}

}  // namespace
}  // namespace faasbatch::kube
