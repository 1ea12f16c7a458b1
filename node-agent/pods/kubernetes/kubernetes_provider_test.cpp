#include "node-agent/pods/kubernetes/kubernetes_provider.h"

#include <gmock/gmock.h>

#include "node-agent/pods/kubernetes/scripted_api.h"

namespace faasbatch::pods {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Phase = ObservedPod::Phase;

constexpr const char* kGeneric = R"({"state":"Generic"})";
const calls::FunctionKey kKey{"shop", "order", "pay"};

class ProviderTest : public ::testing::Test {
 protected:
  struct Told {
    std::optional<base::Result<PodEndpoint>> ready;
    std::optional<std::string> gone;
  };

  ProviderTest() {
    ScriptedRuntime probe(*loop, "127.0.0.1", 0, "", "");  // for a port that is free
    options.settings.port = probe.port();
    options.settings.node = "n1";
    options.settings.graceSeconds = 30;
    options.secret = "secret";
    options.adoptTime = milliseconds(500);
    options.retryMax = milliseconds(300);
  }
  void start() {
    provider = makeKubernetesProvider(*loop, *api, options, [this](const PodRequest& request) {
      if (request.key == nullptr) return node;
      EXPECT_EQ(*request.key, kKey);
      return owner;
    });
    provider->onLeaving(
        [this](const std::string& name, const std::string& why) { leaving.emplace_back(name, why); });
  }
  std::shared_ptr<Told> create(const std::string& name, const workflow::FunctionSpec* spec = nullptr) {
    auto told = std::make_shared<Told>();
    provider->create(
        {.name = name, .nameSpace = "shop", .key = spec != nullptr ? &kKey : nullptr, .spec = spec},
        [told](base::Result<PodEndpoint> result) {
          EXPECT_FALSE(told->ready) << "told twice";
          told->ready = std::move(result);
        },
        [told](std::string why) {
          EXPECT_TRUE(told->ready && !told->gone);
          told->gone = std::move(why);
        });
    EXPECT_FALSE(told->ready) << "from inside create()";
    return told;
  }
  bool until(const std::function<bool()>& done) { return testing::runUntil(*loop, done); }
  std::unique_ptr<ScriptedRuntime> runtime(const std::string& pod, const std::string& host,
                                           const std::string& status = kGeneric) {
    return std::make_unique<ScriptedRuntime>(*loop, host, options.settings.port,
                                             podToken("secret", {"shop", pod}), status);
  }
  void getAddress(const std::string& pod, const std::string& host) {
    api->change(pod, [&](ObservedPod& observed) {
      observed.address = host;
      observed.phase = Phase::kRunning;
    });
  }
  // A pod that is ready.
  std::shared_ptr<Told> ready(const std::string& name, const std::string& host) {
    auto told = create(name);
    EXPECT_TRUE(until([&] { return api->pods.contains(name); }));
    getAddress(name, host);
    runtimes.push_back(runtime(name, host));
    EXPECT_TRUE(until([&] { return told->ready.has_value(); }));
    EXPECT_TRUE(*told->ready);
    return told;
  }

  std::unique_ptr<net::EventLoop> loop = net::EventLoop::make();
  std::unique_ptr<ScriptedApi> api = std::make_unique<ScriptedApi>(*loop);
  KubernetesOptions options;
  std::optional<kube::ObjectReference> owner =
      kube::ObjectReference{"faasbatch.io/v1alpha1", "FunctionWorkflow", {"shop", "order"}, "wf-uid"};
  std::optional<kube::ObjectReference> node = kube::ObjectReference{"v1", "Node", {"", "n1"}, "node-uid"};
  std::vector<std::unique_ptr<ScriptedRuntime>> runtimes;
  std::vector<std::pair<std::string, std::string>> leaving;
  std::unique_ptr<Provider> provider;
};

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

class Discovery : public ProviderTest {
 protected:
  void left(const std::string& name, const std::string& host,
            const std::function<void(ObservedPod&)>& change = {}) {
    ObservedPod pod{.key = {"shop", name}, .uid = name, .phase = Phase::kRunning, .address = host};
    pod.runtime = "Python";
    pod.generic = true;
    pod.made = "hash";
    if (change) change(pod);
    api->appear(std::move(pod));
  }
  // What the object of a pod says that was made for the function, or has become one of it.
  static void isOf(ObservedPod& pod, const std::string& workflow, const std::string& function) {
    pod.generic = false;
    pod.workflow = workflow;
    pod.function = function;
  }
  std::map<std::string, FoundPod> discover() {
    std::optional<std::vector<FoundPod>> found;
    provider->discover([&](std::vector<FoundPod> pods) { found = std::move(pods); });
    EXPECT_FALSE(found) << "from inside discover()";
    EXPECT_TRUE(until([&] { return found.has_value(); }));
    std::map<std::string, FoundPod> byName;
    for (FoundPod& pod : *found) byName[pod.name] = std::move(pod);
    return byName;
  }
};

TEST_F(Discovery, ReportsPodsWhoseRuntimeAnswersAndDeletesTheOthers) {
  start();
  runtimes.push_back(runtime("generic", "127.0.0.11"));
  runtimes.push_back(
      runtime("ready", "127.0.0.12", R"({"state":"Ready","function":"shop/order/pay","digest":"d"})"));
  runtimes.push_back(runtime("recycle", "127.0.0.13", R"({"state":"Ready","function":"f","recycle":true})"));
  runtimes.push_back(runtime("initialising", "127.0.0.14", R"({"state":"Initialising"})"));
  runtimes.push_back(runtime("older secret's", "127.0.0.15"));
  left("generic", "127.0.0.11");
  left("ready", "127.0.0.12", [](ObservedPod& pod) { isOf(pod, "order", "pay"); });
  left("recycle", "127.0.0.13");
  left("initialising", "127.0.0.14");
  left("stranger", "127.0.0.15");
  left("silent", "127.0.0.16");
  left("pending", "", [](ObservedPod& pod) { pod.phase = Phase::kPending; });
  left("failed", "127.0.0.17", [](ObservedPod& pod) { pod.phase = Phase::kFailed; });
  api->synced();
  auto found = discover();
  EXPECT_EQ(found.size(), 2U);
  EXPECT_EQ(found["generic"].stock, (Stock{"shop", workflow::Runtime::kPython}));
  EXPECT_EQ(found["generic"].made, "hash");
  EXPECT_EQ(found["ready"].function, "shop/order/pay");
  EXPECT_EQ(found["ready"].digest, "d");
  EXPECT_FALSE(found["ready"].stock);
  EXPECT_TRUE(until([&] { return api->pods.size() == 2; }));
}

TEST_F(Discovery, BelievesNoPodThatItIsOfAnotherFunctionThanItWasMadeFor) {
  start();
  const std::string pay = R"({"state":"Ready","function":"shop/order/pay","digest":"d"})";
  const auto says = [&](const std::string& name, const std::string& host, const std::string& status,
                        const std::function<void(ObservedPod&)>& change) {
    runtimes.push_back(runtime(name, host, status));
    left(name, host, change);
  };
  says("other-workflow", "127.0.0.21", pay, [](ObservedPod& pod) { isOf(pod, "evil", "pay"); });
  says("other-function", "127.0.0.22", pay, [](ObservedPod& pod) { isOf(pod, "order", "look"); });
  says("never-given-code", "127.0.0.23", pay, [](ObservedPod& /*pod*/) {});
  says("other-namespace", "127.0.0.24", R"({"state":"Ready","function":"bank/order/pay","digest":"d"})",
       [](ObservedPod& pod) { isOf(pod, "order", "pay"); });
  says("none", "127.0.0.25", R"({"state":"Ready","function":"pay","digest":"d"})",
       [](ObservedPod& pod) { isOf(pod, "order", "pay"); });
  says("as-if-new", "127.0.0.26", kGeneric, [](ObservedPod& pod) { isOf(pod, "evil", "pay"); });
  says("old-revision", "127.0.0.27", R"({"state":"Ready","function":"shop/order@d1/pay","digest":"d"})",
       [](ObservedPod& pod) { isOf(pod, "order", "pay"); });
  api->synced();
  const auto found = discover();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.begin()->second.function, "shop/order@d1/pay");
  EXPECT_TRUE(until([&] { return api->pods.size() == 1; })) << "the others are deleted";
}

TEST_F(Discovery, APodOfAnotherNamespaceIsNotTakenForOneByItsName) {
  start();
  const auto told = create("pod-a");
  ASSERT_TRUE(until([&] { return api->pods.contains("pod-a"); }));
  ScriptedRuntime impostor(*loop, "127.0.0.28", options.settings.port, podToken("secret", {"shop", "pod-a"}),
                           kGeneric);
  const ObservedPod mine = api->pods.at("pod-a");
  api->appear({.key = {"evil", "pod-a"}, .uid = "evil", .phase = Phase::kRunning, .address = "127.0.0.28"});
  api->change("pod-a", [](ObservedPod& pod) { pod.phase = Phase::kFailed; });
  api->vanish("pod-a");
  api->pods["pod-a"] = mine;
  getAddress("pod-a", "127.0.0.9");
  runtimes.push_back(runtime("pod-a", "127.0.0.9"));
  ASSERT_TRUE(until([&] { return told->ready.has_value(); }));
  ASSERT_TRUE(*told->ready) << told->ready->error().message;
  EXPECT_EQ((*told->ready)->endpoint.host, "127.0.0.9");
  EXPECT_FALSE(told->gone);
  EXPECT_THAT(api->removed, IsEmpty());
  EXPECT_NE(podToken("secret", {"evil", "pod-a"}), podToken("secret", {"shop", "pod-a"}));
}

TEST_F(Discovery, WaitsForTheWatchAndAdoptedPodsAreThisAgentsOwn) {
  start();
  runtimes.push_back(runtime("generic", "127.0.0.11"));
  left("generic", "127.0.0.11");
  loop->after(milliseconds(20), [&] { api->synced(); });
  ASSERT_EQ(discover().size(), 1U);
  std::optional<std::string> gone;
  provider->adopt("generic", [&](std::string why) { gone = std::move(why); });
  workflow::FunctionSpec spec;
  spec.digest = "d";
  provider->specialised("generic", kKey, spec);
  ASSERT_TRUE(until([&] { return !api->patched.empty(); }));
  EXPECT_THAT(api->patched.front().second, HasSubstr(R"("faasbatch.io/function":"pay")"));
  api->change("generic", [](ObservedPod& pod) {
    pod.phase = Phase::kFailed;
    pod.terminated = {.reason = "OOMKilled", .message = {}, .exitCode = 137};
  });
  ASSERT_TRUE(until([&] { return gone.has_value(); }));
  EXPECT_EQ(*gone, "OOMKilled (exit code 137)");
}

TEST_F(Discovery, APodThatIsDeletedWhileItIsAskedDoesNotHoldItUp) {
  start();
  left("silent", "127.0.0.16");
  api->synced();
  loop->after(milliseconds(50), [&] { api->vanish("silent"); });
  EXPECT_TRUE(discover().empty());
}

TEST_F(Discovery, WhatNobodyAskedForIsDeletedFromThenOn) {
  start();
  api->synced();
  EXPECT_TRUE(discover().empty());
  left("stranger", "127.0.0.11");
  EXPECT_TRUE(until([&] { return api->pods.empty(); }));
}

TEST_F(Discovery, LettingGoLeavesAllPodsWhereTheyAre) {
  start();
  const auto told = ready("pod-a", "127.0.0.9");
  bool done = false;
  provider->shutdown([&] { done = true; });
  provider->destroy("pod-a", true);
  const auto refused = create("pod-b");
  ASSERT_TRUE(until([&] { return done && refused->ready; }));
  EXPECT_EQ(refused->ready->error().kind, "NoCapacity");
  EXPECT_THAT(api->removed, IsEmpty());
  EXPECT_FALSE(told->gone);
}

}  // namespace
}  // namespace faasbatch::pods
