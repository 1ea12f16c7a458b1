#include "node-agent/pods/kubernetes/kubernetes_provider.h"

#include <gmock/gmock.h>

#include "node-agent/pods/kubernetes/provider_testing.h"

namespace faasbatch::pods {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Phase = ObservedPod::Phase;

TEST_F(ProviderTest, HandsAPodOverWhenItsRuntimeAnswersAndSaysWhenItIsNoMore) {
  start();
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->pods.contains("pod-a"); }));
  EXPECT_THAT(api->created, ElementsAre(HasSubstr(R"("kind":"Node","name":"n1")")));
  getAddress("pod-a", "127.0.0.9");
  loop->after(milliseconds(20), [&] { runtimes.push_back(runtime("pod-a", "127.0.0.9")); });
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  ASSERT_TRUE(*told->ready) << told->ready->error().message;
  EXPECT_EQ((*told->ready)->endpoint.host, "127.0.0.9");
  EXPECT_EQ((*told->ready)->token, podToken("secret", {"shop", "pod-a"}));
  provider->destroy("pod-a", false);
  ASSERT_TRUE(until([&] { return told->gone.has_value(); }));
  EXPECT_THAT(api->removed, ElementsAre(Pair("pod-a", 30U)));
}

TEST_F(ProviderTest, SaysWhyAPodEndedAsSoonAsItsNodeDoesAlsoAfterItWasDestroyed) {
  options.whyTime = std::chrono::seconds(60);
  start();
  ready("pod-a", "127.0.0.9");
  ready("pod-b", "127.0.0.10");
  std::map<std::string, std::string> told;
  const auto ask = [&](const std::string& pod) {
    provider->whyEnded(pod, [&told, pod](const std::string& why) { told[pod] = why; });
  };
  ask("pod-none");
  EXPECT_EQ(told.at("pod-none"), "");
  api->refuseRemove = kube::ApiError{.reason = "Unreachable"};  // the pods stay to be seen
  ask("pod-a");
  provider->destroy("pod-a", true);
  EXPECT_FALSE(told.contains("pod-a"));
  api->change("pod-a", [](ObservedPod& pod) {
    pod.terminated = {.reason = "OOMKilled", .message = {}, .exitCode = 137};
  });
  ASSERT_TRUE(until([&] { return told.contains("pod-a"); }));
  EXPECT_EQ(told.at("pod-a"), "OOMKilled (exit code 137)");
  told.clear();
  ask("pod-a");
  EXPECT_EQ(told.at("pod-a"), "OOMKilled (exit code 137)") << "known already";
  ask("pod-b");
  api->vanish("pod-b");
  ASSERT_TRUE(until([&] { return told.contains("pod-b"); })) << "nobody can say more";
  EXPECT_EQ(told.at("pod-b"), "");
}

TEST_F(ProviderTest, GivesUpAPodWhoseVolumeIsStillNotMountedAfterAWhile) {
  options.warningEvery = milliseconds(5);
  options.stuckAfter = milliseconds(50);
  start();
  api->warning = "FailedMount: secret \"s\" not found";
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return provider->waitsFor("pod-a").contains("FailedMount"); }));
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  EXPECT_EQ(told->ready->error().kind, "LoadFailed");
  EXPECT_THAT(told->ready->error().message, HasSubstr("FailedMount: secret \"s\" not found"));
  EXPECT_TRUE(until([&] { return api->pods.empty(); }));
}

TEST_F(ProviderTest, DoesNotWaitForEverForWhyAPodEnded) {
  options.whyTime = milliseconds(10);
  start();
  ready("pod-a", "127.0.0.9");
  std::vector<std::string> told;
  for (int i = 0; i < 2; ++i)
    provider->whyEnded("pod-a", [&](const std::string& why) { told.push_back(why); });
  ASSERT_TRUE(until([&] { return told.size() == 2; }));
  EXPECT_THAT(told, ElementsAre("", ""));
}

TEST_F(ProviderTest, MakesPodsOfAFunctionForItsWorkflow) {
  start();
  workflow::FunctionSpec spec{.name = "pay", .image = "mine"};
  create("pod-a", &spec);
  ASSERT_TRUE(until([&] { return !api->created.empty(); }));
  EXPECT_THAT(api->created.front(), HasSubstr(R"("kind":"FunctionWorkflow","name":"order","uid":"wf-uid")"));
  EXPECT_FALSE(provider->stockFor(kKey, spec));
  spec.image.clear();
  EXPECT_EQ(provider->stockFor(kKey, spec), (Stock{"shop", workflow::Runtime::kPython}));
  owner.reset();
  const auto told = create("pod-b", &spec);
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  EXPECT_EQ(told->ready->error().kind, "LoadFailed");
  EXPECT_THAT(api->created, SizeIs(1));
}

TEST_F(ProviderTest, TriesAgainWhileTheApiServerIsAway) {
  start();
  api->refuse = kube::ApiError{.reason = "Unreachable", .message = "connection refused"};
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->created.size() >= 2; }));
  EXPECT_FALSE(told->ready);
  api->refuse.reset();
  EXPECT_TRUE(until([&] { return api->pods.contains("pod-a"); }));
}

TEST_F(ProviderTest, SaysWhyAPodIsRefused) {
  start();
  api->refuse = kube::ApiError{.status = 403, .reason = "Forbidden", .message = "exceeded quota: pods=5"};
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  EXPECT_EQ(told->ready->error(), (base::Error{"NoCapacity", "exceeded quota: pods=5"}));
  EXPECT_THAT(api->removed, IsEmpty()) << "there is nothing to delete";
}

TEST_F(ProviderTest, AnImageThatCannotBeHadFailsAtOnceAndThePodIsDeleted) {
  start();
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->pods.contains("pod-a"); }));
  api->change("pod-a",
              [](ObservedPod& pod) { pod.waiting = {.reason = "ErrImageNeverPull", .message = "no x"}; });
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  EXPECT_EQ(told->ready->error().kind, "LoadFailed");
  EXPECT_THAT(told->ready->error().message, HasSubstr("no x"));
  EXPECT_TRUE(until([&] { return api->pods.empty(); }));
}

TEST_F(ProviderTest, EvictedAndDeletedPodsAreNoticed) {
  start();
  const auto evicted = ready("pod-a", "127.0.0.9");
  api->change("pod-a", [](ObservedPod& pod) {
    pod.phase = Phase::kFailed;
    pod.reason = "Evicted";
  });
  ASSERT_TRUE(until([&] { return evicted->gone.has_value(); }));
  EXPECT_EQ(*evicted->gone, "Evicted");
  EXPECT_TRUE(until([&] { return api->pods.empty(); })) << "what is left of it is deleted";
  const auto deleted = ready("pod-b", "127.0.0.10");
  api->change("pod-b", [](ObservedPod& pod) { pod.deleting = true; });
  ASSERT_TRUE(until([&] { return !leaving.empty(); }));
  EXPECT_THAT(leaving, ElementsAre(Pair("pod-b", "it is being deleted")));
  EXPECT_FALSE(deleted->gone);
  api->vanish("pod-b");
  EXPECT_TRUE(until([&] { return deleted->gone.has_value(); }));
}

TEST_F(ProviderTest, APodThatIsGivenUpSaysWhatTheNodeSays) {
  start();
  api->warning = "FailedMount: secret \"x\" not found";
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->pods.contains("pod-a"); }));
  provider->destroy("pod-a", true);
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  EXPECT_EQ(told->ready->error().kind, "PodLost");
  EXPECT_THAT(told->ready->error().message, HasSubstr("FailedMount: secret \"x\" not found"));
  EXPECT_TRUE(until([&] { return api->pods.empty(); }));
  EXPECT_FALSE(told->gone);
}

TEST_F(ProviderTest, APodThatIsGivenUpWhileItIsAskedForIsDeletedOnceItIsThere) {
  start();
  api->synced();
  bool discovered = false;
  provider->discover([&](const std::vector<FoundPod>&) { discovered = true; });
  ASSERT_TRUE(until([&] { return discovered; }));
  api->hold = true;
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->created.size() == 1; }));
  provider->destroy("pod-a", true);
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  api->appear({.key = {"shop", "pod-a"}, .uid = "late"});
  api->answerHeld(std::nullopt);
  EXPECT_TRUE(until([&] { return api->pods.empty(); }));
}

TEST_F(ProviderTest, APodIsDeletedUntilItIsGone) {
  start();
  const auto told = ready("pod-a", "127.0.0.9");
  api->refuseRemove = kube::ApiError{.reason = "Unreachable", .message = "connection refused"};
  provider->destroy("pod-a", false);
  ASSERT_TRUE(until([&] { return api->removed.size() >= 2; }));
  api->refuseRemove.reset();
  EXPECT_TRUE(until([&] { return told->gone.has_value(); }));
}

TEST_F(ProviderTest, ARuntimeThatDoesNotTakeTheTokenFails) {
  start();
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->pods.contains("pod-a"); }));
  runtimes.push_back(runtime("another pod", "127.0.0.9"));
  getAddress("pod-a", "127.0.0.9");
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  EXPECT_EQ(told->ready->error().kind, "LoadFailed");
  EXPECT_TRUE(until([&] { return api->pods.empty(); }));
}

}  // namespace
}  // namespace faasbatch::pods
