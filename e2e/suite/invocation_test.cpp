// From apply to answer: what a user does first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/installation.h"
#include "e2e/suite/workflows.h"
#include "lib/json/path.h"

namespace faasbatch::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(Invocation, AnswersThroughTheServiceWithItsReceipt) {
  const Namespace space;
  const auto began = std::chrono::steady_clock::now();
  space.applyReady(oneStep("echo", kEcho), "echo");
  say("apply to Ready, inline code", std::chrono::steady_clock::now() - began);
  Gateway gateway(space.token("faasbatch-invoker"));
  const Reply reply = gateway.invoke(space.name(), "echo", R"({"a":[1,2.5,null]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, R"({"a":[1,2.5,null]})");
  EXPECT_TRUE(reply.headers.find("Invocation-Id"));
  EXPECT_THAT(std::string(reply.headers.find("Server-Timing").value_or("")), HasSubstr("total;dur="));
}

TEST(Invocation, CodeInAConfigMapThatComesLater) {
  const Namespace space;
  std::string manifest = oneStep("late", "");
  manifest.replace(manifest.find("inline: |"), 9, "configMap: {name: code, key: m.py}");
  space.apply(manifest);
  waitFor("SourceNotFound",
          [&] { return space.condition("late", "Accepted", "reason") == "SourceNotFound"; });
  EXPECT_THAT(space.condition("late", "Accepted", "message"), HasSubstr("code"));
  const auto began = std::chrono::steady_clock::now();
  const TextFile code(kEcho, ".py");
  kubectl({"create", "configmap", "code", "-n", space.name(), "--from-file=m.py=" + code.path()});
  kubectl({"wait", "-n", space.name(), "--for=condition=Ready", "--timeout=60s", "fwf/late"});
  say("ConfigMap made to Ready", std::chrono::steady_clock::now() - began);
  EXPECT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "late", "7").body, "7");
}

TEST(Invocation, OnEveryNodesGateway) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  for (const std::string& node : workers()) {
    const Reply reply = Gateway(space.token("faasbatch-invoker"), node).invoke(space.name(), "echo", "1");
    EXPECT_EQ(reply.status, 200) << node << ": " << reply.body;
  }
}

TEST(Invocation, TheRecordSaysWhereItRan) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  Gateway gateway(space.token("faasbatch-invoker"));
  const Reply accepted = gateway.invoke(space.name(), "echo", "1", {{"Prefer", "respond-async"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const std::string location(accepted.headers.find("Location").value_or(""));
  const Reply record = gateway.get(location + "?wait=30");
  ASSERT_EQ(record.status, 200) << record.body;
  EXPECT_THAT(record.body, HasSubstr(R"("status":"Succeeded")"));
  const std::vector<std::string> pods = space.pods("echo");
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_THAT(record.body, HasSubstr(pods.front()));
  const std::string node = field("{.spec.nodeName}", {"pod", pods.front(), "-n", space.name()});
  EXPECT_THAT(record.body, HasSubstr("\"node\":\"" + node + "\""));
}

TEST(Invocation, ABurstMeetsInOneWarmPodThatIsUsedAgain) {
  const Namespace space;
  space.applyReady(oneStep("busy", kSleep100, "    concurrency: {mode: Threads, limit: 64}\n"), "busy");
  Gateway gateway(space.token("faasbatch-invoker"));
  const std::vector<Call> calls(50, Gateway::invocation(space.name(), "busy", "1"));
  base::Duration last{};
  for (const Reply& reply : gateway.burst(calls)) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    last = std::max(last, reply.took);
  }
  say("burst of 50 calls of 100 ms to a cold function, last answer", last);
  const std::vector<std::string> pods = space.pods("busy");
  ASSERT_THAT(pods, SizeIs(1));
  const std::string uid = field("{.metadata.uid}", {"pod", pods.front(), "-n", space.name()});
  for (const Reply& reply : gateway.burst(calls)) EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(space.pods("busy"), pods);
  EXPECT_EQ(field("{.metadata.uid}", {"pod", pods.front(), "-n", space.name()}), uid);
}

}  // namespace
}  // namespace faasbatch::e2e
