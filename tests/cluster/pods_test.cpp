// What becomes of calls when a node does with pods what nodes do: cannot pull, has no room, kills, evicts,
// forgets.
#include <signal.h>

#include <filesystem>
#include <thread>

#include "tests/cluster/agent_in_cluster.h"

namespace faasbatch::testing {
namespace {

using Mood = FakeKubelet::Mood;
using ::testing::HasSubstr;

class Pods : public AgentInCluster {
 protected:
  void begin(const std::string& flag = "--verbose") {
    applyPython("order", "def handler(event, context):\n    return 1\n");
    start({"--open-gateway", "--plain-gateway", "--no-generic-pods", flag});
  }

  // A function that is held up in its first attempt, and only there.
  void applyHeld() {
    applyPython("held",
                "import os, time\n"
                "def handler(event, context):\n"
                "    began = '" +
                    dir_.file("began") +
                    "'\n"
                    "    if not os.path.exists(began):\n"
                    "        open(began, 'w').close()\n"
                    "        time.sleep(600)\n"
                    "    return 'again'\n");
    start({"--open-gateway", "--plain-gateway", "--no-generic-pods"});
  }
  // Calls it, and does that to its pod while it is held up.
  net::Response callWhile(const std::function<void(const std::string& pod)>& what) {
    std::jthread meanwhile([&] {
      EXPECT_TRUE(eventually([&] { return std::filesystem::exists(dir_.file("began")); }));
      for (const std::string& pod : kubelet_->running()) what(pod);
    });
    return call("held");
  }
  std::string podPath(const std::string& pod) { return "/api/v1/namespaces/shop/pods/" + pod; }
};

TEST_F(Pods, AnImageThatIsNotThereIsSaidInTheAnswer) {
  begin();
  kubelet_->setMood(Mood::kNoImage);
  const net::Response answer = call("order");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr(R"("type":"LoadFailed")"));
  EXPECT_THAT(answer.body, HasSubstr("no such image: example/none"));
  kubelet_->setMood(Mood::kWell);
  EXPECT_TRUE(eventually([&] { return call("order").status == 200; }));
}

TEST_F(Pods, ANodeWithoutRoomIsSaidInTheAnswer) {
  begin();
  kubelet_->setMood(Mood::kNoRoom);
  const net::Response answer = call("order");
  EXPECT_THAT(answer.body, HasSubstr("NoCapacity"));
  EXPECT_THAT(answer.body, HasSubstr("OutOfpods"));
}

TEST_F(Pods, AQuotaThatIsUsedUpIsSaidInTheAnswer) {
  begin();
  api_.script(
      "POST /api/v1/namespaces/shop/pods",
      ScriptedApiServer::failure(403, "Forbidden", "exceeded quota: pods, used: pods=5, limited: pods=5"));
  const net::Response answer = call("order");
  EXPECT_THAT(answer.body, HasSubstr("NoCapacity"));
  EXPECT_THAT(answer.body, HasSubstr("exceeded quota: pods"));
}

TEST_F(Pods, OneThatStaysPendingIsAnsweredWithWhatTheNodeSays) {
  begin("--pod-start-seconds=0.3");
  kubelet_->setMood(Mood::kSilent);
  std::jthread node([&](const std::stop_token& stop) {  // warns of each pod there is
    for (int i = 0; !stop.stop_requested(); ++i) {
      const std::string pod =
          std::string(json::at(kubelet_->lastManifest(), {"metadata", "name"}).value_or("\"-\""));
      api_.add("/apis/events.k8s.io/v1/namespaces/shop/events",
               R"({"metadata":{"name":"e)" + std::to_string(i) +
                   R"("},"type":"Warning","reason":"FailedMount","note":)" +
                   R"("secret \"x\" not found","regarding":{"kind":"Pod","name":)" + pod + "}}");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  const net::Response answer = call("order");
  EXPECT_EQ(answer.status, 500) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("was given up before it was ready"));
  EXPECT_THAT(answer.body, HasSubstr("FailedMount: secret"));
}

TEST_F(Pods, OneInWhichNothingListensIsGivenUp) {
  begin("--pod-start-seconds=0.3");
  kubelet_->setMood(Mood::kUnhealthy);
  const net::Response answer = call("order");
  EXPECT_EQ(answer.status, 500) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("was given up before it was ready"));
  kubelet_->setMood(Mood::kWell);
  EXPECT_TRUE(eventually([&] { return call("order").status == 200; }));
}

TEST_F(Pods, CallsOfOneThatIsKilledForItsMemoryAreTriedAgain) {
  applyHeld();
  const net::Response answer = callWhile([this](const std::string& pod) { kubelet_->killForMemory(pod); });
  EXPECT_EQ(answer.body, R"("again")") << agent_->output();
  EXPECT_EQ(kubelet_->started(), 2U);
}

TEST_F(Pods, CallsOfOneThatIsEvictedAreTriedAgain) {
  applyHeld();
  EXPECT_EQ(callWhile([this](const std::string& pod) { kubelet_->evict(pod); }).body, R"("again")");
}

TEST_F(Pods, CallsOfOneThatAUserDeletesAreTriedAgain) {
  applyHeld();
  EXPECT_EQ(callWhile([this](const std::string& pod) { api_.remove(podPath(pod)); }).body, R"("again")");
}

TEST_F(Pods, OfAnEarlierAgentThatAreOfNoUseAreDeleted) {
  const std::string labels = R"("labels":{"app.kubernetes.io/managed-by":"faasbatch-agent"})";
  for (const char* status :
       {R"({"phase":"Running","podIP":"127.9.9.9"})", R"({"phase":"Pending"})", R"({"phase":"Failed"})"}) {
    static int number = 0;
    const std::string name = "left-" + std::to_string(++number);
    api_.add("/api/v1/namespaces/shop/pods", R"({"kind":"Pod","metadata":{"name":")" + name + "\"," + labels +
                                                 R"(},"spec":{"nodeName":"n1"}})");
    api_.merge(podPath(name) + "/status", R"({"status":)" + std::string(status) + "}");
  }
  begin();
  for (const char* name : {"left-1", "left-2", "left-3"})
    EXPECT_TRUE(eventually([&] { return api_.get(podPath(name)).empty(); })) << name;
}

TEST_F(Pods, OutliveTheirAgentThatDrains) {
  applyHeld();
  std::ofstream(dir_.file("began"));  // it is not held up
  EXPECT_EQ(call("held").status, 200);
  const auto pods = kubelet_->running();
  agent_->signal(SIGTERM);
  EXPECT_EQ(agent_->wait(), 0) << agent_->output();
  EXPECT_EQ(kubelet_->running(), pods);
}

}  // namespace
}  // namespace faasbatch::testing
