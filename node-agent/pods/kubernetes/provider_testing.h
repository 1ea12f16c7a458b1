// A provider against a scripted API server and scripted runtimes, for tests.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node-agent/pods/kubernetes/kubernetes_provider.h"
#include "node-agent/pods/kubernetes/scripted_api.h"

namespace faasbatch::pods {

inline constexpr const char* kGeneric = R"({"state":"Generic"})";
inline const calls::FunctionKey kKey{"shop", "order", "pay"};

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
    options.adoptTime = std::chrono::milliseconds(500);
    options.retryMax = std::chrono::milliseconds(300);
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
      observed.phase = ObservedPod::Phase::kRunning;
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

}  // namespace faasbatch::pods
