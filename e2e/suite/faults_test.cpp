// What is killed while calls are under way: everything that was accepted is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/installation.h"
#include "e2e/suite/load.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t kCalls = 60;

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    space.applyReady(
        oneStep("busy", kSleep100, "    concurrency: {mode: Threads, limit: 4}\n    pool: {maxPods: 2}\n"),
        "busy");
  }
  // Kills while about half of the calls wait.
  void during(const std::function<void()>& kill) {
    Gateway gateway(space.token("faasbatch-invoker"));
    const std::vector<std::string> records = accept(gateway, space.name(), "busy", "1", kCalls);
    kill();
    const Fate fate = fateOf(gateway, records);
    EXPECT_EQ(fate.succeeded, kCalls);
    EXPECT_THAT(fate.others, IsEmpty());
  }
  static std::string home(const Namespace& space) {
    return field("{.spec.nodeName}", {"pod", space.pods("busy").at(0), "-n", space.name()});
  }
  Namespace space;
};

TEST_F(Faults, AFunctionPodIsDeleted) {
  during([&] {
    waitFor("a pod", [&] { return !space.pods("busy").empty(); });
    kubectl({"delete", "pod", space.pods("busy").at(0), "-n", space.name(), "--grace-period=0", "--force",
             "--wait=false"});
  });
}

TEST_F(Faults, AFunctionThatEatsItsMemoryIsKilledAndSaid) {
  space.applyReady(oneStep("glutton", "def handler(event, context):\n    return len(bytearray(1 << 30))",
                           "    resources: {limits: {memory: 96Mi}}\n"),
                   "glutton");
  Gateway gateway(space.token("faasbatch-invoker"));
  const Reply reply = gateway.invoke(space.name(), "glutton", "1");
  EXPECT_EQ(reply.status, 500) << reply.body;
  EXPECT_THAT(reply.body, AllOf(HasSubstr("WorkerCrashed"), HasSubstr("OOMKilled")));
  EXPECT_EQ(gateway.invoke(space.name(), "busy", "1").status, 200);
}

TEST_F(Faults, AnAgentIsKilledAndItsPodsAreAdopted) {
  ASSERT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "busy", "1").status, 200);
  const std::string pod = space.pods("busy").at(0);
  const std::string uid = field("{.metadata.uid}", {"pod", pod, "-n", space.name()});
  const std::string node = home(space);
  during([&] {
    kubectl({"delete", "pod", agentOf(node), "-n", std::string(kSystem), "--grace-period=0", "--force",
             "--wait=false"});
  });
  awaitAgents();
  EXPECT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "busy", "1").status, 200);
  EXPECT_EQ(field("{.metadata.uid}", {"pod", pod, "-n", space.name()}), uid);
}

TEST_F(Faults, TheLeadingOperatorIsKilled) {
  const auto leader = [] {
    return field("{.spec.holderIdentity}", {"lease", "faasbatch-operator", "-n", std::string(kSystem)});
  };
  const std::string before = leader();
  ASSERT_THAT(before, Not(IsEmpty()));
  const std::string pod = before.substr(0, before.find('_'));
  during([&] {
    kubectl(
        {"delete", "pod", pod, "-n", std::string(kSystem), "--grace-period=0", "--force", "--wait=false"});
  });
  waitFor("another leader", [&] { return leader() != before && !leader().empty(); });
  kubectl(
      {"rollout", "status", "deployment/faasbatch-operator", "-n", std::string(kSystem), "--timeout=120s"});
  const auto began = std::chrono::steady_clock::now();
  space.applyReady(oneStep("after", kEcho), "after");
  say("apply to Ready after a change of leaders", std::chrono::steady_clock::now() - began);
}

TEST_F(Faults, ARedisIsKilled) {
  ASSERT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "busy", "1").status, 200);
  during([&] {
    tryKubectl({"exec", "-n", std::string(kSystem), agentOf(home(space)), "-c", "redis", "--", "redis-cli",
                "-s", "/run/redis/redis.sock", "shutdown", "nosave"});
  });
  awaitAgents();
}

TEST_F(Faults, CouchDbIsKilled) {
  during([&] {
    kubectl({"delete", "pod", "faasbatch-couchdb-0", "-n", std::string(kSystem), "--grace-period=0",
             "--force", "--wait=false"});
  });
  kubectl(
      {"rollout", "status", "statefulset/faasbatch-couchdb", "-n", std::string(kSystem), "--timeout=120s"});
}

}  // namespace
}  // namespace faasbatch::e2e
