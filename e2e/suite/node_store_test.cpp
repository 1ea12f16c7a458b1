// Large outputs in a node's Redis: what a planned replacement of the agent's pod keeps, and what is said when
// Redis lost them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/workflows.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kBytes = 300'000;  // more than travels inline

std::string at(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(text, path);
  return raw ? json::asString(*raw).value_or(std::string(*raw)) : "";
}

// The step of a record, as it stands there.
std::string stepOf(const std::string& record, std::string_view name) {
  const auto steps = json::elements(json::at(record, {"steps"}).value_or("[]"));
  for (const std::string_view step : steps.value_or(std::vector<std::string_view>{})) {
    if (at(step, {"name"}) == name) return std::string(step);
  }
  return "";
}

std::size_t attemptsOf(const std::string& step) {
  const auto attempts = json::elements(json::at(step, {"attempts"}).value_or("[]"));
  return attempts ? attempts->size() : 0;
}

// produce -> wait -> consume: its large output lies in the node's store meanwhile.
class NodeStore : public ::testing::Test {
 protected:
  void begin(const std::string& wait) {
    space.applyReady(
        oneStep("relay", "def handler(event, context):\n    return len(event) if event else 'x' * " +
                             std::to_string(kBytes)) +
            "  - {name: rest, wait: " + wait + ", after: [s]}\n" +
            "  - {name: consume, function: f, input: \"${steps.s.output}\", after: [rest]}\n",
        "relay");
    gateway.emplace(space.token("faasbatch-invoker"));
    const Reply accepted = gateway->invoke(space.name(), "relay", "null", {{"Prefer", "respond-async"}});
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    record = std::string(accepted.headers.find("Location").value_or(""));
    waitFor("a stored output", [&] { return at(stepOf(look(), "s"), {"status"}) == "Succeeded"; });
    const std::string step = stepOf(look(), "s");
    ASSERT_EQ(at(step, {"store"}), "Node") << step;
    const auto attempts = json::elements(json::at(step, {"attempts"}).value_or("[]"));
    node = at(attempts.value().back(), {"node"});
  }
  std::string look(const std::string& wait = "") { return gateway->get(record + wait).body; }
  std::string ended() {
    waitFor("the end of the run", [&] {
      const std::string status = at(look("?wait=5"), {"status"});
      return status != "" && status != "Pending" && status != "Running";
    });
    return look();
  }

  Namespace space;
  std::optional<Gateway> gateway;
  std::string record;
  std::string node;
};

TEST_F(NodeStore, APlannedReplacementKeepsWhatRunsHaveStored) {
  ASSERT_NO_FATAL_FAILURE(begin("45s"));
  const std::string pod = agentOf(node);
  // What an upgrade does to it. It drains for a part of the wait, and the run goes on in the next one.
  kubectl({"delete", "pod", pod, "-n", std::string(kSystem)});
  awaitAgents();
  ASSERT_NE(agentOf(node), pod);
  const std::string result = ended();
  EXPECT_EQ(at(result, {"output"}), std::to_string(kBytes)) << result;
  EXPECT_EQ(attemptsOf(stepOf(result, "s")), 1U) << "produced once: " << result;
}

TEST_F(NodeStore, ARunWhoseOutputWasLostWithRedisSaysSo) {
  ASSERT_NO_FATAL_FAILURE(begin("5s"));
  tryKubectl({"exec", "-n", std::string(kSystem), agentOf(node), "-c", "redis", "--", "redis-cli", "-s",
              "/run/redis/redis.sock", "shutdown", "nosave"});
  const std::string result = ended();
  EXPECT_EQ(at(result, {"status"}), "Failed") << result;
  EXPECT_EQ(at(result, {"error", "type"}), "StoreUnavailable") << result;
  EXPECT_THAT(at(result, {"error", "message"}), HasSubstr("does not answer, or has lost it")) << result;
  awaitAgents();
}

}  // namespace
}  // namespace faasbatch::e2e
