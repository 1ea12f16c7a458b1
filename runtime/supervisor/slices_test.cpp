// Time slices through the built program: a call that computes for longer than its slice goes on at the lowest
// priority, its mates and those that come after it do not.
#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

// Computes until it is lowered, for `event` seconds of computing at most; answers its priority.
constexpr std::string_view kComputes = R"(
import os, time
def nice():
    return os.getpriority(os.PRIO_PROCESS, 0)
def handler(event, context):
    while nice() == 0 and time.process_time() < event:
        pass
    return nice()
)";

constexpr double kLong = 15;  // beyond what a lowered process takes to see it, and within the call's time

std::string line(std::string_view id, double seconds, std::string_view slice) {
  return "{\"id\":\"" + std::string(id) + "\",\"timeoutMs\":60000" + std::string(slice) +
         ",\"input\":" + std::to_string(seconds) + "}\n";
}

void expectLowersOnlyTheLong(testing::RuntimeProcess& pod) {
  const auto answer =
      pod.batch(line("long", kLong, R"(,"sliceUs":5000)") + line("short", 0, R"(,"sliceUs":5000)") +
                line("within", 0.05, R"(,"sliceUs":5000000)") + line("without", 0.05, ""));
  EXPECT_EQ(answer.of("long", "output"), "19");
  EXPECT_EQ(answer.of("short", "output"), "0");
  EXPECT_EQ(answer.of("within", "output"), "0");
  EXPECT_EQ(answer.of("without", "output"), "0");
  const auto later = pod.batch(line("later", 0, R"(,"sliceUs":5000)"));
  EXPECT_EQ(later.of("later", "output"), "0") << "each call has a process of its own";
}

TEST(Slices, OfPythonCallsInProcesses) {
  testing::RuntimeProcess pod(kRuntime, {"Python", {"HOME=/tmp"}});
  ASSERT_EQ(pod.init(R"({"handler":"fn.handler","source":{"inline":)" + json::quoted(kComputes) +
                     R"(},"mode":"Processes","limit":8,"timeSlices":true})")
                .status,
            200);
  expectLowersOnlyTheLong(pod);
}

TEST(Slices, OfNativeCallsInProcesses) {
  NativePod pod;
  ASSERT_TRUE(pod.load("computes", "Processes"));
  expectLowersOnlyTheLong(pod);
}

TEST(Slices, CallsThatShareAProcessHaveNone) {
  NativePod pod;
  ASSERT_TRUE(pod.load("computes", "Threads"));
  const auto answer = pod.batch(line("1", 0.05, R"(,"sliceUs":1000)"));
  EXPECT_EQ(answer.of("1", "output"), "0");
}

}  // namespace
}  // namespace faasbatch::supervisor
