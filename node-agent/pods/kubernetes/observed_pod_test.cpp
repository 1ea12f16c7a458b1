#include "node-agent/pods/kubernetes/observed_pod.h"

#include <gtest/gtest.h>

namespace faasbatch::pods {
namespace {

ObservedPod observe(std::string json) {
  return observePod(kube::Object{.key = {"default", "pod-a"}, .uid = "u", .json = std::move(json)});
}

TEST(ObservePod, ReadsWhatMatters) {
  const ObservedPod pod = observe(R"({"metadata":{"name":"pod-a","namespace":"default",
      "labels":{"faasbatch.io/runtime":"Python","faasbatch.io/pool":"generic"},
      "annotations":{"faasbatch.io/pod-template-hash":"abc"}},
      "spec":{"containers":[{"name":"runtime"}]},
      "status":{"phase":"Running","podIP":"10.244.1.7","podIPs":[{"ip":"10.244.1.7"}],
        "conditions":[{"type":"Ready","status":"True"}],
        "containerStatuses":[{"name":"mesh","state":{"waiting":{"reason":"ContainerCreating"}}},
                             {"name":"runtime","ready":true,"state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}]}})");
  EXPECT_EQ(pod.phase, ObservedPod::Phase::kRunning);
  EXPECT_EQ(pod.address, "10.244.1.7");
  EXPECT_EQ(pod.runtime, "Python");
  EXPECT_TRUE(pod.generic);
  EXPECT_EQ(pod.made, "abc");
  EXPECT_EQ(pod.workflow, "");
  const ObservedPod pay =
      observe(R"({"metadata":{"labels":{"faasbatch.io/workflow":"order","faasbatch.io/function":"pay"}}})");
  EXPECT_EQ(pay.workflow, "order");
  EXPECT_EQ(pay.function, "pay");
  EXPECT_FALSE(pod.waiting);
  EXPECT_FALSE(pod.terminated);
  EXPECT_FALSE(pod.ended());
}

TEST(ObservePod, TakesANewPodForPending) {
  const ObservedPod pod = observe(R"({"metadata":{"name":"pod-a"},"spec":{}})");
  EXPECT_EQ(pod.phase, ObservedPod::Phase::kPending);
  EXPECT_TRUE(pod.address.empty());
  EXPECT_FALSE(pod.generic);
  EXPECT_EQ(observe(R"({"status":{"phase":"Unknown"}})").phase, ObservedPod::Phase::kUnknown);
  EXPECT_EQ(observe(R"({"status":{"phase":7,"conditions":{},"containerStatuses":[3]}})").phase,
            ObservedPod::Phase::kPending);
}

TEST(ObservePod, ReadsWhyAContainerWaits) {
  const ObservedPod pod = observe(R"({"status":{"phase":"Pending","containerStatuses":[{"name":"runtime",
      "state":{"waiting":{"reason":"ErrImageNeverPull","message":"Container image \"x\" is not present"}}}]}})");
  ASSERT_TRUE(pod.waiting);
  EXPECT_EQ(pod.waiting->reason, "ErrImageNeverPull");
  EXPECT_EQ(pod.waiting->message, "Container image \"x\" is not present");
}

TEST(WhyEnded, PrefersWhatSaysMost) {
  EXPECT_EQ(whyEnded(observe(R"({"status":{"phase":"Failed","reason":"Evicted","message":"low on memory",
      "containerStatuses":[{"name":"runtime","state":{"terminated":{"exitCode":137,"reason":"Error"}}}]}})")),
            "Evicted: low on memory");
  EXPECT_EQ(whyEnded(observe(R"({"status":{"phase":"Failed","containerStatuses":[{"name":"runtime",
      "state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}})")),
            "OOMKilled (exit code 137)");
  EXPECT_EQ(whyEnded(observe(R"({"status":{"phase":"Failed","containerStatuses":[{"name":"runtime",
      "state":{"terminated":{"exitCode":128,"signal":9,"message":"gone"}}}]}})")),
            "ended (signal 9): gone");
  EXPECT_EQ(whyEnded(observe(R"({"status":{"conditions":[
      {"type":"DisruptionTarget","status":"True","reason":"EvictionByEvictionAPI","message":"Eviction API: evicting"}]}})")),
            "EvictionByEvictionAPI: Eviction API: evicting");
  ObservedPod deleted;
  deleted.deleting = true;
  EXPECT_EQ(whyEnded(deleted), "it was deleted");
  EXPECT_EQ(whyEnded({}), "it ended");
}

TEST(WhyEnded, ByItselfIsNotWhatItsAgentsSignalsLookLike) {
  const auto container = [](const std::string& state) {
    return whyEndedByItself(
        observe(R"({"status":{"containerStatuses":[{"name":"runtime","state":)" + state + "}]}}"));
  };
  EXPECT_EQ(container(R"({"terminated":{"exitCode":137,"reason":"OOMKilled"}})"),
            "OOMKilled (exit code 137)");
  EXPECT_EQ(container(R"({"terminated":{"exitCode":139,"reason":"Error"}})"), "Error (exit code 139)");
  EXPECT_EQ(container(R"({"terminated":{"exitCode":137,"reason":"Error"}})"), "");
  EXPECT_EQ(container(R"({"terminated":{"exitCode":143,"reason":"Error"}})"), "");
  EXPECT_EQ(container(R"({"terminated":{"exitCode":0,"reason":"Completed"}})"), "");
  EXPECT_EQ(container(R"({"running":{}})"), "");
  EXPECT_EQ(whyEndedByItself(observe(R"({"status":{"phase":"Failed","reason":"Evicted","message":"full"}})")),
            "Evicted: full");
  ObservedPod deleted;
  deleted.deleting = true;
  EXPECT_EQ(whyEndedByItself(deleted), "");
}

}  // namespace
}  // namespace faasbatch::pods
