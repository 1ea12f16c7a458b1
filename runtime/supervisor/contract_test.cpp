// docs/runtime-contract.md against the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

TEST(Contract, AGenericPodHasItsWorkerAndNothingElse) {
  NativePod pod;
  EXPECT_EQ(pod.status("state"), "\"Generic\"");
  EXPECT_EQ(pod.status("runtime"), "\"Native\"");
  EXPECT_EQ(pod.status("counters.invocations"), "0");
  EXPECT_EQ(pod.processes(), 2u);
  EXPECT_EQ(pod.call("POST", "/v1/batch", NativePod::line("1", "1")).status, 409);
}

TEST(Contract, InitMakesItReadyOnce) {
  NativePod pod;
  ASSERT_TRUE(pod.load("echoes"));
  EXPECT_EQ(pod.status("state"), "\"Ready\"");
  EXPECT_EQ(pod.status("function"), "\"default/wf/fn\"");
  EXPECT_EQ(pod.status("digest"), "\"d\"");
  const auto again = pod.init(R"({"handler":"a.b","source":{}})");
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.body, HasSubstr("AlreadyInitialised"));
}

TEST(Contract, ABatchStreamsOneResultLinePerInvocation) {
  NativePod pod;
  ASSERT_TRUE(pod.load("echoes"));
  const auto answer =
      pod.batch(NativePod::line("a", R"({"k": [1, 2.50, "é"]})") + "\n" + NativePod::line("b", "null"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.lines().size(), 2u);
  EXPECT_EQ(answer.of("a", "status"), "\"Succeeded\"");
  EXPECT_EQ(answer.of("a", "output"), R"({"k": [1, 2.50, "é"]})") << "payloads stay the bytes they were";
  EXPECT_EQ(answer.of("b", "output"), "null");
  EXPECT_EQ(pod.status("counters.batches"), "1");
  EXPECT_EQ(pod.status("counters.invocations"), "2");
}

TEST(Contract, TheHandlerSeesItsContextAndItsEnvironmentOnly) {
  testing::RuntimeProcess pod(kRuntime, {"Native", {"HOME=/tmp", "FAASBATCH_TOKEN=secret", "LEAK=1"}});
  pod.setToken("secret");
  ASSERT_EQ(pod.init(R"({"handler":"f.describes","source":{"path":")" + kFunctions +
                     R"("},"env":{"GREETING":"hello"},"limit":2})")
                .status,
            200);
  const auto answer = pod.batch(NativePod::line("1", "null"));
  const std::string output = answer.of("1", "output");
  EXPECT_THAT(output, HasSubstr(R"("invocation":"inv-1","run":"run","step":"step","index":[3],"attempt":2)"));
  EXPECT_THAT(output, HasSubstr(R"("env":"hello","token":"none")"));
  EXPECT_TRUE(pod.processesWith("FAASBATCH_TOKEN=secret").empty()) << "not even the supervisor shows it";
  EXPECT_TRUE(pod.processesWith("LEAK=1") == std::vector<pid_t>{pod.pid()});
}

TEST(Contract, WithoutTheTokenNothingIsAnswered) {
  testing::RuntimeProcess pod(kRuntime, {"Native", {"FAASBATCH_TOKEN=secret"}});
  for (const char* wrong : {"", "secre", "secrett", "Secret"}) {
    pod.setToken(wrong);
    const auto response = pod.call("GET", "/v1/status");
    EXPECT_EQ(response.status, 401) << wrong;
    EXPECT_THAT(response.body, HasSubstr("Unauthorized"));
  }
  pod.setToken("secret");
  EXPECT_EQ(pod.call("GET", "/v1/status").status, 200);
}

TEST(Contract, TheTokensDigestIsEnoughToKnowTheToken) {
  const std::string digest =
      "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";  // of "secret"
  testing::RuntimeProcess pod(kRuntime, {"Native", {"FAASBATCH_TOKEN_SHA256=" + digest}});
  pod.setToken(digest);
  EXPECT_EQ(pod.call("GET", "/v1/status").status, 401);
  pod.setToken("secret");
  EXPECT_EQ(pod.call("GET", "/v1/status").status, 200);
}

TEST(Contract, APodsEnvironmentIsPassedOnWhereThatIsAskedFor) {
  testing::RuntimeProcess pod(
      kRuntime, {"Native", {"HOME=/tmp", "FAASBATCH_PASS_ENV=1", "FAASBATCH_OTHER=1", "GREETING=hello"}});
  ASSERT_EQ(
      pod.init(R"({"handler":"f.describes","source":{"path":")" + kFunctions + R"("},"limit":2})").status,
      200);
  EXPECT_THAT(pod.batch(NativePod::line("1", "null")).of("1", "output"), HasSubstr(R"("env":"hello")"));
  EXPECT_EQ(pod.processesWith("FAASBATCH_OTHER=1"), std::vector<pid_t>{pod.pid()});
  EXPECT_GT(pod.processesWith("GREETING=hello").size(), 1U);
}

TEST(Contract, ABindingWithoutItsFileFailsToLoadAtOnce) {
  NativePod pod;
  EXPECT_FALSE(pod.load("echoes", "Threads", 8,
                        R"(,"bindings":[{"name":"cache","kind":"Redis","urlFile":"/no/such/url"}])"));
  const auto answer = pod.init(
      R"({"handler":"f.h","source":{"path":"x"},"bindings":[{"name":"cache","urlFile":"/no/such/url"}]})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr(R"("reason":"LoadFailed")"));
  EXPECT_THAT(answer.body, HasSubstr("/no/such/url"));
}

TEST(Contract, BadRequestsAreProblems) {
  NativePod pod;
  EXPECT_EQ(pod.call("GET", "/v1/init").status, 405);
  EXPECT_EQ(pod.call("GET", "/nowhere").status, 404);
  EXPECT_EQ(pod.init("{").status, 400);
  EXPECT_EQ(pod.init(R"({"handler":"a.b","source":{},"mode":"Fibers"})").status, 400);
  EXPECT_EQ(pod.init(R"({"handler":"a.b","source":{},"limit":0})").status, 400);
  EXPECT_EQ(pod.init(R"({"handler":"a.b","source":{},"loadTimeoutMs":0})").status, 400);
  EXPECT_EQ(pod.init(R"({"handler":"a.b","source":{},"loadTimeoutMs":3600001})").status, 400);
  EXPECT_EQ(pod.status("state"), "\"Generic\"") << "a request that is refused leaves the pod as it was";
  ASSERT_TRUE(pod.load("echoes"));
  for (const char* body : {"", "{", "[]", "{}", R"({"id":1})", R"({"id":"1","timeoutMs":-1,"input":1})"})
    EXPECT_EQ(pod.call("POST", "/v1/batch", body).status, 400) << body;
  EXPECT_EQ(pod.call("POST", "/v1/cancel", "{}").status, 400);
  EXPECT_EQ(pod.status("counters.invocations"), "0");
}

TEST(Contract, WhatDoesNotLoadIsSaidAtOnce) {
  const auto init = [](const std::string& handler, const std::string& path) {
    NativePod pod;
    const auto response = pod.init(R"({"handler":")" + handler + R"(","source":{"path":")" + path + R"("}})");
    EXPECT_EQ(response.status, 422);
    EXPECT_THAT(response.body, HasSubstr("\"reason\":\"LoadFailed\""));
    EXPECT_EQ(pod.status("state"), "\"Failed\"");
    return response.body;
  };
  EXPECT_THAT(init("f.nothing", kFunctions), HasSubstr("nothing"));
  EXPECT_THAT(init("f.x", "/nowhere.so"), HasSubstr("/nowhere.so"));
  EXPECT_THAT(init("f.noop", FAASBATCH_BIN_DIR "/../tests/native_test_other_version.so"),
              HasSubstr("version 999"));
}

TEST(Contract, AFastResultDoesNotWaitForASlowOne) {
  NativePod pod;
  ASSERT_TRUE(pod.load("sleeps"));
  const auto answer = pod.start(NativePod::line("slow", "30") + NativePod::line("fast", "0"));
  ASSERT_TRUE(pod.pollUntil([&] { return !answer->of("fast", "status").empty(); }));
  EXPECT_FALSE(answer->ended);
  EXPECT_EQ(answer->of("slow", "status"), "");
}

TEST(Contract, NoMoreThanTheLimitRunAtOnce) {
  NativePod pod;
  ASSERT_TRUE(pod.load("sleeps", "Threads", 2));
  std::string lines;
  for (int i = 0; i < 6; ++i) lines += NativePod::line(std::to_string(i), "0.05");
  const auto answer = pod.batch(lines);
  // The last two began when four had slept, in pairs.
  EXPECT_GE(std::stol(answer.of("5", "queueUs")), 95'000);
  EXPECT_LT(std::stol(answer.of("0", "queueUs")), 50'000);
}

TEST(Contract, BatchesRunBesideOneAnother) {
  NativePod pod;
  ASSERT_TRUE(pod.load("sleeps", "Threads", 8));
  const auto slow = pod.start(NativePod::line("1", "30"));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(pod.batch(NativePod::line("1", "0")).of("1", "status"), "\"Succeeded\"");
  EXPECT_FALSE(slow->ended);
  EXPECT_EQ(pod.status("inFlight"), "1");
}

TEST(Contract, LargeInputsAndOutputsPass) {
  NativePod pod;
  ASSERT_TRUE(pod.load("echoes"));
  const std::string input = "\"" + std::string(5 << 20, 'x') + "\"";
  const auto answer =
      pod.batch(NativePod::line("1", input) + NativePod::line("2", "1") + NativePod::line("3", input));
  EXPECT_EQ(answer.of("1", "output"), input);
  EXPECT_EQ(answer.of("3", "output"), input);
}

}  // namespace
}  // namespace faasbatch::supervisor
