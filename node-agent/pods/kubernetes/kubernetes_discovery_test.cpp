#include <gmock/gmock.h>

#include <map>

#include "node-agent/pods/kubernetes/provider_testing.h"

namespace faasbatch::pods {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Phase = ObservedPod::Phase;

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
