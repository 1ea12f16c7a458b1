// Nothing outlives the supervisor; calls outlive a SIGTERM.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

// Waits until no process of the pod is left.
bool vanishes(NativePod& pod) {
  return pod.pollUntil([&] { return pod.processes() == 0; });
}

TEST(Lifetime, WorkersVanishWithTheSupervisor) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons", mode));
    const auto running = pod.start(NativePod::line("1", "\"never\"") + NativePod::line("2", "\"never\""));
    ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "2"; }));
    pod.signal(SIGKILL);
    pod.waitForExit();
    EXPECT_TRUE(vanishes(pod)) << mode;
  }
}

TEST(Lifetime, EverythingVanishesWithTheLifeline) {
  for (const char* deed : {"\"fork\"", "\"daemon\"", "\"never\""}) {
    for (const char* mode : {"Threads", "Processes"}) {
      NativePod pod;
      ASSERT_TRUE(pod.load("poisons", mode));
      const auto running = pod.start(NativePod::line("1", deed) + NativePod::line("2", "\"never\""));
      ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") != "0"; }));
      pod.cutLifeline();
      EXPECT_EQ(pod.waitForExit(), 0);
      EXPECT_EQ(pod.processes(), 0u) << deed << " " << mode;
    }
  }
}

TEST(Lifetime, WhatACallForkedEndsWithItsProcess) {
  NativePod pod;
  ASSERT_TRUE(pod.load("poisons", "Processes"));
  EXPECT_EQ(pod.batch(NativePod::line("1", "\"fork\"")).of("1", "status"), "\"Succeeded\"");
  // Supervisor, zygote, the spare child.
  EXPECT_TRUE(pod.pollUntil([&] { return pod.processes() == 3; })) << pod.processes();
}

TEST(Lifetime, WhatAWorkerForkedEndsWithIt) {
  for (const char* deed : {"\"fork\"", "\"daemon\""}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons"));
    EXPECT_EQ(pod.batch(NativePod::line("1", deed)).of("1", "status"), "\"Succeeded\"");
    EXPECT_TRUE(pod.pollUntil([&] { return pod.processes() == 3; })) << deed << " " << pod.processes();
    EXPECT_EQ(pod.batch(NativePod::line("1", "\"exit\"")).errorType("1"), "WorkerCrashed");
    EXPECT_TRUE(pod.pollUntil([&] { return pod.processes() == 2; })) << deed << " " << pod.processes();
  }
}

TEST(Lifetime, SigtermLetsCallsFinish) {
  NativePod pod;
  ASSERT_TRUE(pod.load("sleeps"));
  const auto running = pod.start(NativePod::line("1", "0.5"));
  ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "1"; }));
  pod.signal(SIGTERM);
  ASSERT_TRUE(pod.pollUntil([&] { return pod.status("state") == "\"Draining\""; }));
  const auto refused = pod.call("POST", "/v1/batch", NativePod::line("2", "0"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("Draining"));
  EXPECT_EQ(pod.waitForExit(), 0);
  ASSERT_TRUE(pod.pollUntil([&] { return running->ended; }));
  EXPECT_EQ(running->of("1", "status"), "\"Succeeded\"");
  EXPECT_TRUE(vanishes(pod));
}

TEST(Lifetime, AnIdlePodEndsAtOnceAtSigterm) {
  NativePod pod;
  pod.signal(SIGTERM);
  EXPECT_EQ(pod.waitForExit(), 0);
  EXPECT_TRUE(vanishes(pod));
}

TEST(Cancel, EndsWhatWaitsAndTellsWhatRuns) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("waits", mode, 1));
    const auto answer = pod.start(NativePod::line("runs", "1") + NativePod::line("waits", "1"));
    ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "2"; }));
    EXPECT_EQ(pod.call("POST", "/v1/cancel", R"({"ids":["waits"],"graceMs":5000})").status, 202);
    ASSERT_TRUE(pod.pollUntil([&] { return !answer->of("waits", "status").empty(); }));
    EXPECT_EQ(answer->errorType("waits"), "Cancelled");
    EXPECT_EQ(pod.call("POST", "/v1/cancel", R"({"ids":["runs"],"graceMs":15000})").status, 202);
    ASSERT_TRUE(pod.pollUntil([&] { return answer->ended; })) << mode;
    EXPECT_EQ(answer->of("runs", "output"), "\"told\"") << "it may still answer within its grace";
  }
}

TEST(Cancel, EndsWhatDoesNotListenAfterItsGrace) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("sleeps", mode));
    const auto answer = pod.start(NativePod::line("1", "60", 70'000));
    ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "1"; }));
    pod.call("POST", "/v1/cancel", R"({"ids":["1","unknown"],"graceMs":50})");
    ASSERT_TRUE(pod.pollUntil([&] { return answer->ended; }));
    EXPECT_EQ(answer->errorType("1"), "Cancelled") << mode;
    EXPECT_EQ(pod.batch(NativePod::line("2", "0")).of("2", "status"), "\"Succeeded\"");
  }
}

}  // namespace
}  // namespace faasbatch::supervisor
