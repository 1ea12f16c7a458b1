// What a handler does harms nobody but its own call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

std::string deed(std::string_view name) { return "\"" + std::string(name) + "\""; }

// The pod still answers.
void expectAlive(NativePod& pod) {
  const auto answer = pod.batch(NativePod::line("alive", deed("nothing")));
  EXPECT_EQ(answer.of("alive", "output"), deed("nothing"));
}

struct Crash {
  const char* deed;
  const char* message;
};

class Crashes : public ::testing::TestWithParam<std::tuple<Crash, const char*>> {};

TEST_P(Crashes, AreTheCallsOwn) {
  const auto& [crash, mode] = GetParam();
  NativePod pod;
  ASSERT_TRUE(pod.load("poisons", mode));
  const auto answer = pod.batch(NativePod::line("1", deed(crash.deed)));
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.errorType("1"), "WorkerCrashed");
  EXPECT_THAT(answer.of("1", "error"), HasSubstr(crash.message));
  EXPECT_THAT(answer.of("1", "error"), HasSubstr("\"alone\":true"));
  expectAlive(pod);
  EXPECT_EQ(pod.status("counters.crashes"), "1");
}

INSTANTIATE_TEST_SUITE_P(
    All, Crashes,
    ::testing::Combine(::testing::Values(Crash{"exit", "exited with status 3"}, Crash{"segv", "signal 11"},
                                         Crash{"kill", "signal 11"}, Crash{"garbage", "breaks the protocol"}),
                       ::testing::Values("Threads", "Processes", "Exclusive")));

TEST(Poison, AHandlerThatClosesItsDescriptorsEndsAsACrash) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons", mode));
    EXPECT_EQ(pod.batch(NativePod::line("1", deed("close"))).errorType("1"), "WorkerCrashed") << mode;
    expectAlive(pod);
  }
}

TEST(Poison, TheMatesOfACrashedThreadAreNotHeldGuilty) {
  NativePod pod;
  ASSERT_TRUE(pod.load("poisons"));
  const auto mate = pod.start(NativePod::line("mate", deed("never")));
  ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "1"; }));
  const auto answer = pod.batch(NativePod::line("bad", deed("segv")));
  EXPECT_EQ(answer.errorType("bad"), "WorkerCrashed");
  EXPECT_THAT(answer.of("bad", "error"), Not(HasSubstr("alone")));
  ASSERT_TRUE(pod.pollUntil([&] { return mate->ended; }));
  EXPECT_EQ(mate->errorType("mate"), "WorkerCrashed");
  EXPECT_THAT(mate->of("mate", "error"), Not(HasSubstr("alone")));
  expectAlive(pod);
}

TEST(Poison, IsolatedCallsAnswerBesideACrash) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons", mode));
    std::string lines = NativePod::line("bad", deed("segv"), 20'000, true);
    for (int i = 0; i < 7; ++i) lines += NativePod::line(std::to_string(i), deed("fine"), 20'000, true);
    const auto answer = pod.batch(lines);
    EXPECT_EQ(answer.errorType("bad"), "WorkerCrashed");
    EXPECT_THAT(answer.of("bad", "error"), HasSubstr("\"alone\":true"));
    for (int i = 0; i < 7; ++i) EXPECT_EQ(answer.of(std::to_string(i), "output"), deed("fine"));
  }
}

TEST(Poison, ErrorsHaveTheTypesOfTheirClasses) {
  NativePod pod;
  ASSERT_TRUE(pod.load("poisons"));
  const auto answer = pod.batch(NativePod::line("1", deed("throw")) + NativePod::line("2", deed("fail")));
  EXPECT_EQ(answer.errorType("1"), "out_of_range");
  EXPECT_EQ(answer.errorType("2"), "OutOfStock");
  EXPECT_THAT(answer.of("2", "error"), HasSubstr("none left"));
}

TEST(Poison, OutputsAreCheckedAndBounded) {
  NativePod pod;
  ASSERT_TRUE(pod.load("poisons"));
  const auto answer = pod.batch(NativePod::line("1", deed("nan")) + NativePod::line("2", deed("half")) +
                                NativePod::line("3", deed("latin")) + NativePod::line("4", deed("huge")) +
                                NativePod::line("5", deed("lines")));
  EXPECT_EQ(answer.errorType("1"), "InvalidOutput");
  EXPECT_EQ(answer.errorType("2"), "InvalidOutput");
  EXPECT_EQ(answer.errorType("3"), "InvalidOutput");
  EXPECT_EQ(answer.errorType("4"), "OutputTooLarge");
  EXPECT_THAT(answer.of("5", "output"), HasSubstr("\"a\":"))
      << "a line break inside an output does not end its line";
}

TEST(Poison, ForgedResultsOfOthersAreNotTaken) {
  NativePod pod;
  ASSERT_TRUE(pod.load("poisons"));
  EXPECT_EQ(pod.batch(NativePod::line("1", deed("forged"))).of("1", "output"), deed("forged"));
}

TEST(Poison, ACallThatOverrunsEndsInBothModes) {
  for (const char* mode : {"Threads", "Processes", "Exclusive"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons", mode));
    const auto answer = pod.batch(NativePod::line("1", deed("never"), 100));
    EXPECT_EQ(answer.errorType("1"), "Timeout") << mode;
    EXPECT_GE(std::stol(answer.of("1", "execUs")), 50'000);
    EXPECT_EQ(pod.status("counters.timeouts"), "1");
    expectAlive(pod);
    EXPECT_EQ(pod.status("counters.crashes"), "0") << "what the supervisor ends is no crash";
    EXPECT_TRUE(pod.pollUntil([&] { return pod.status("abandonedThreads") == "0"; }))
        << "nobody lives beside the abandoned thread, so its process goes";
  }
}

TEST(Poison, AnAbandonedThreadsProcessLivesUntilItsLastMateHasAnswered) {
  NativePod pod;
  ASSERT_TRUE(pod.load("sleeps"));
  const auto mate = pod.start(NativePod::line("mate", "1.5"));
  EXPECT_EQ(pod.batch(NativePod::line("1", "60", 100)).errorType("1"), "Timeout");
  EXPECT_EQ(pod.status("abandonedThreads"), "1");
  EXPECT_EQ(pod.status("recycle"), "true");
  EXPECT_EQ(pod.batch(NativePod::line("2", "0")).of("2", "status"), "\"Succeeded\"") << "in a fresh worker";
  EXPECT_FALSE(mate->ended);
  ASSERT_TRUE(pod.pollUntil([&] { return mate->ended; }));
  EXPECT_EQ(mate->of("mate", "status"), "\"Succeeded\"");
  EXPECT_TRUE(pod.pollUntil([&] { return pod.status("abandonedThreads") == "0"; }));
  EXPECT_TRUE(pod.pollUntil([&] { return pod.processes() == 2; })) << "the old worker has gone";
}

TEST(Poison, ACallMayOverrunWhileItWaits) {
  NativePod pod;
  ASSERT_TRUE(pod.load("sleeps", "Exclusive"));
  const auto answer = pod.batch(NativePod::line("1", "0.4") + NativePod::line("2", "0", 100));
  EXPECT_EQ(answer.errorType("2"), "Timeout");
  EXPECT_EQ(answer.of("1", "status"), "\"Succeeded\"");
}

TEST(Poison, WhatIsPrintedIsBounded) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons", mode, 4, R"(,"maxLogBytes":10000)"));
    const auto answer = pod.batch(NativePod::line("1", deed("print")));
    EXPECT_EQ(answer.of("1", "output"), deed("print")) << "100 MB were printed";
    EXPECT_EQ(answer.log("1", "stdout").size(), 10'000u);
    EXPECT_THAT(answer.log("1", "system"), HasSubstr("104847600 bytes"));
    EXPECT_EQ(pod.batch(NativePod::line("2", deed("log"))).log("2", "stdout").size(), 10'000u);
  }
}

TEST(Poison, OutputBelongsToItsCall) {
  for (const char* mode : {"Threads", "Processes"}) {
    NativePod pod;
    ASSERT_TRUE(pod.load("poisons", mode));
    const auto answer = pod.batch(NativePod::line("1", deed("talk")));
    EXPECT_THAT(answer.log("1", "stdout"), HasSubstr("logged\n")) << mode;
    EXPECT_THAT(answer.log("1", "stdout"), HasSubstr("printed\n")) << mode;
    EXPECT_EQ(answer.log("1", "stderr"), "raw\n") << mode;
    EXPECT_THAT(answer.lines().back(), HasSubstr("Succeeded")) << "logs come before the result";
  }
}

}  // namespace
}  // namespace faasbatch::supervisor
