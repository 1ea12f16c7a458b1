// Python functions through the built program: what the supervisor and the Python worker do together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "lib/json/write.h"
#include "lib/testing/redis_server.h"
#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kPoison = R"(
import ctypes, os, subprocess, sys, time

def handler(event, context):
    if event == "print":
        for _ in range(100 * 1024):
            print("x" * 1023)
    elif event == "exit":
        os._exit(3)
    elif event == "segv":
        ctypes.string_at(0)
    elif event == "never":
        time.sleep(600)
    elif event == "spin":
        while True:
            pass
    elif event == "raise":
        raise ValueError("raised")
    elif event == "nan":
        return float("nan")
    elif event == "object":
        return object()
    elif event == "huge":
        return "x" * (8 << 20)
    elif event == "close":
        os.closerange(0, 64)
    elif event == "garbage":
        os.write(3, b"garbage that is no frame")
    elif event == "raw":
        os.write(1, b"raw\n")
        subprocess.run(["/bin/echo", "echoed"], check=True)
        print("printed", file=sys.stderr)
    elif event == "fork":
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    elif event == "pid":
        return os.getpid()
    elif event == "sleep":
        time.sleep(0.2)
    elif event == "wait":
        print("waiting")
        while not context.cancelled:
            time.sleep(0.005)
        return "told"
    elif event == "store":
        context.store.put("k", {"n": 1})
        context.store.put("b", b"\x00\xff", ttl=60)
        found = [context.store.get("k"), len(context.store.get("b"))]
        context.store.delete("k")
        return found + [context.store.get("k")]
    return event
)";

class PythonPod : public testing::RuntimeProcess {
 public:
  explicit PythonPod(std::string home = "/tmp/" + base::newName("home"))
      : RuntimeProcess(kRuntime, {"Python", {"HOME=" + home}}), home_(std::move(home)) {}

  net::Response load(std::string_view mode = "Threads", std::string_view code = kPoison,
                     std::string_view more = "", int limit = 64) {
    return init(R"({"function":"default/wf/fn","handler":"fn.handler","source":{"inline":)" +
                json::quoted(code) + R"(},"mode":")" + std::string(mode) + R"(","limit":)" +
                std::to_string(limit) + std::string(more) + "}");
  }
  std::size_t processes() const { return processesWith("HOME=" + home_).size(); }
  std::size_t residentKiB() const {
    std::size_t sum = 0;
    for (const pid_t pid : processesWith("HOME=" + home_)) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/status");
      for (std::string line; std::getline(file, line);) {
        if (line.starts_with("VmRSS:")) sum += std::stoul(line.substr(6));
      }
    }
    return sum;
  }

 private:
  std::string home_;
};

std::string line(std::string_view id, std::string_view event, int timeoutMs = 20'000, bool isolate = false) {
  return NativePod::line(id, json::quoted(event), timeoutMs, isolate);
}

void expectAlive(PythonPod& pod) {
  EXPECT_EQ(pod.batch(line("alive", "fine")).of("alive", "output"), "\"fine\"");
}

TEST(Python, AnIdlePodIsSmall) {
  PythonPod pod;
  constexpr std::size_t kTargetKiB = 20 * 1024;
  EXPECT_LE(pod.residentKiB(), kTargetKiB);
  ASSERT_EQ(pod.load().status, 200);
  expectAlive(pod);
  std::printf("idle, loaded: %zu KiB in %zu processes\n", pod.residentKiB(), pod.processes());
}

TEST(Python, WhatDoesNotLoadIsSaidWithItsTraceback) {
  struct Case {
    const char* code;
    const char* says;
  };
  for (const auto& [code, says] :
       {Case{"def handler(:", "SyntaxError"}, Case{"import nowhere_at_all", "ModuleNotFoundError"},
        Case{"x = 1", "handler"}, Case{"import os\nos._exit(4)", "status 4"}}) {
    PythonPod pod;
    const auto response = pod.load("Threads", code);
    EXPECT_EQ(response.status, 422) << code;
    EXPECT_THAT(response.body, HasSubstr("LoadFailed"));
    EXPECT_THAT(response.body, HasSubstr(says));
  }
}

TEST(Python, AModuleThatNeverEndsIsAnsweredInTheTimeItHas) {
  for (const char* mode : {"Threads", "Processes"}) {
    for (const char* code : {"import time\ntime.sleep(1000)", "while True: pass"}) {
      PythonPod pod;
      const auto response = pod.load(mode, code, R"(,"loadTimeoutMs":300)");
      EXPECT_EQ(response.status, 422) << mode << " " << code;
      EXPECT_THAT(response.body, HasSubstr("the function was not loaded within its 300 ms"));
      EXPECT_EQ(pod.status("state"), "\"Failed\"");
      EXPECT_TRUE(pod.pollUntil([&] { return pod.processes() == 1; })) << "its process is gone";
    }
  }
}

class PythonModes : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, PythonModes, ::testing::Values("Threads", "Processes"));

TEST_P(PythonModes, ErrorsAndOutputsAreTheCallsOwn) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  const auto answer = pod.batch(line("1", "raise") + line("2", "nan") + line("3", "object") +
                                line("4", "huge") + line("5", "fine"));
  EXPECT_EQ(answer.errorType("1"), "ValueError");
  EXPECT_THAT(answer.of("1", "error"), HasSubstr("traceback"));
  EXPECT_EQ(answer.errorType("2"), "InvalidOutput");
  EXPECT_EQ(answer.errorType("3"), "InvalidOutput");
  EXPECT_EQ(answer.errorType("4"), "OutputTooLarge");
  EXPECT_EQ(answer.of("5", "output"), "\"fine\"");
  EXPECT_EQ(pod.status("counters.crashes"), "0");
}

TEST_P(PythonModes, CrashesEndOneCall) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  for (const char* deed : {"exit", "segv"}) {
    const auto answer = pod.batch(line("1", deed));
    EXPECT_EQ(answer.errorType("1"), "WorkerCrashed") << deed;
    EXPECT_THAT(answer.of("1", "error"), HasSubstr("\"alone\":true")) << deed;
    expectAlive(pod);
  }
}

// The worker's socket is not where a handler finds it by chance: it may even answer.
TEST_P(PythonModes, DescriptorsAreNotTheHandlersToBreak) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  for (const char* deed : {"close", "garbage"}) {
    const auto answer = pod.batch(line("1", deed));
    EXPECT_TRUE(answer.complete) << deed;
    EXPECT_NE(answer.of("1", "status"), "") << deed;
    expectAlive(pod);
  }
}

TEST_P(PythonModes, TimeoutsEndOneCall) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  const auto answer = pod.batch(line("1", "never", 150) + line("2", "spin", 150) + line("3", "sleep"));
  EXPECT_EQ(answer.errorType("1"), "Timeout");
  EXPECT_EQ(answer.errorType("2"), "Timeout");
  EXPECT_EQ(answer.of("3", "output"), "\"sleep\"");
  expectAlive(pod);
  EXPECT_TRUE(pod.pollUntil([&] { return pod.status("abandonedThreads") == "0"; }));
}

TEST_P(PythonModes, CancelIsToldAndThenMeant) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  const auto answer = pod.start(line("1", "wait") + line("2", "never"));
  ASSERT_TRUE(pod.pollUntil([&] { return !answer->log("1").empty(); })) << "it runs";
  pod.call("POST", "/v1/cancel", R"({"ids":["1"],"graceMs":15000})");
  ASSERT_TRUE(pod.pollUntil([&] { return !answer->of("1", "status").empty(); }));
  EXPECT_EQ(answer->of("1", "output"), "\"told\"") << answer->body;
  pod.call("POST", "/v1/cancel", R"({"ids":["2"],"graceMs":50})");
  ASSERT_TRUE(pod.pollUntil([&] { return answer->ended; }));
  EXPECT_EQ(answer->errorType("2"), "Cancelled");
  expectAlive(pod);
}

TEST_P(PythonModes, LogsAreBoundedAndOwned) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam(), kPoison, R"(,"maxLogBytes":10000)").status, 200);
  const auto raw = pod.batch(line("1", "raw"));
  EXPECT_THAT(raw.log("1"), HasSubstr("raw\n"));
  EXPECT_THAT(raw.log("1"), HasSubstr("echoed\n"));
  EXPECT_EQ(raw.log("1", "stderr"), "printed\n");
  const auto flood = pod.batch(line("1", "print"));
  EXPECT_EQ(flood.of("1", "output"), "\"print\"");
  EXPECT_LE(flood.log("1", "stdout").size(), 10'000u);
  EXPECT_FALSE(flood.log("1", "system").empty());
}

TEST_P(PythonModes, AFloodOfLogsTakesNoMemory) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam(), kPoison, R"(,"maxLogBytes":10000)").status, 200);
  EXPECT_EQ(pod.batch(line("1", "print")).of("1", "output"), "\"print\"");
  EXPECT_LT(pod.residentKiB(), 60'000u) << "100 MB were printed";
}

TEST_P(PythonModes, NothingOutlivesTheLifeline) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  const auto answer = pod.start(line("1", "fork") + line("2", "never") + line("3", "spin"));
  ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "2"; }));
  pod.cutLifeline();
  EXPECT_EQ(pod.waitForExit(), 0);
  EXPECT_EQ(pod.processes(), 0u);
}

TEST_P(PythonModes, NothingOfTheWorkersOutlivesTheSupervisor) {
  PythonPod pod;
  ASSERT_EQ(pod.load(GetParam()).status, 200);
  const auto answer = pod.start(line("2", "never") + line("3", "spin"));
  ASSERT_TRUE(pod.pollUntil([&] { return pod.status("inFlight") == "2"; }));
  pod.signal(SIGKILL);
  pod.waitForExit();
  EXPECT_TRUE(pod.pollUntil([&] { return pod.processes() == 0; }));
}

TEST_P(PythonModes, TheStoreIsOneForAll) {
  const testing::RedisServer redis;
  if (!redis.missing().empty()) GTEST_SKIP() << redis.missing();
  PythonPod pod;
  const std::string store = R"(,"store":{"kind":"Redis","url":")" + redis.url() + R"(","prefix":"p/"})";
  ASSERT_EQ(pod.load(GetParam(), kPoison, store).status, 200);
  for (int i = 0; i < 5; ++i) {
    const auto answer = pod.batch(line("1", "store"));
    EXPECT_THAT(answer.of("1", "output"), ::testing::AnyOf(R"([{"n":1},2,null])", R"([{"n": 1}, 2, null])"))
        << answer.of("1", "error");
    EXPECT_NE(answer.of("1", "storeUs"), "0");
  }
  EXPECT_EQ(pod.status("connections.redis.opened"), "1");
}

TEST(Python, OnePoisonAmong64IsFoundByIsolation) {
  PythonPod pod;
  ASSERT_EQ(pod.load().status, 200);
  std::string lines;
  for (int i = 0; i < 64; ++i) lines += line(std::to_string(i), i == 17 ? "segv" : "sleep");
  const auto first = pod.batch(lines);
  std::string again;
  for (int i = 0; i < 64; ++i) {
    if (first.of(std::to_string(i), "status") == "\"Succeeded\"") continue;
    EXPECT_EQ(first.errorType(std::to_string(i)), "WorkerCrashed");
    EXPECT_THAT(first.of(std::to_string(i), "error"), Not(HasSubstr("alone")));
    again += line(std::to_string(i), i == 17 ? "segv" : "fine", 30'000, true);
  }
  const auto second = pod.batch(again);
  for (int i = 0; i < 64; ++i) {
    const std::string id = std::to_string(i);
    const bool answered =
        first.of(id, "status") == "\"Succeeded\"" || second.of(id, "status") == "\"Succeeded\"";
    EXPECT_EQ(answered, i != 17) << id << second.of(id, "error");
  }
  EXPECT_THAT(second.of("17", "error"), HasSubstr("\"alone\":true"));
}

}  // namespace
}  // namespace faasbatch::supervisor
