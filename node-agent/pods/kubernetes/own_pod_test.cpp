#include "node-agent/pods/kubernetes/own_pod.h"

#include <gtest/gtest.h>

namespace faasbatch::pods {
namespace {

workflow::FunctionSpec with(std::string podJson) {
  workflow::FunctionSpec spec;
  spec.podJson = std::move(podJson);
  return spec;
}

TEST(NeedsOwnPod, NotWhereInitGivesEverything) {
  workflow::FunctionSpec spec;
  spec.env = {{"A", "b"}};
  spec.bindings.push_back({.name = "cache", .url = "redis://x"});
  EXPECT_EQ(needsOwnPod(spec), "");
  EXPECT_EQ(needsOwnPod(with(R"({"nodeSelector":{"disk":"ssd"},"tolerations":[{"key":"a"}]})")), "");
  EXPECT_EQ(needsOwnPod(with(R"({"resources":{},"envFrom":[]})")), "");
}

TEST(NeedsOwnPod, SaysWhatFor) {
  workflow::FunctionSpec container;
  container.runtime = workflow::Runtime::kContainer;
  EXPECT_EQ(needsOwnPod(container), "its image");
  workflow::FunctionSpec image;
  image.image = "registry.example/mine:1";
  EXPECT_EQ(needsOwnPod(image), "its image");
  workflow::FunctionSpec secret;
  secret.bindings.push_back({.name = "cache", .secretName = "redis"});
  EXPECT_EQ(needsOwnPod(secret), "a binding with a secretRef");
  EXPECT_EQ(needsOwnPod(with(R"({"env":[{"name":"A","valueFrom":{}}]})")), "env with valueFrom");
  EXPECT_EQ(needsOwnPod(with(R"({"envFrom":[{"secretRef":{"name":"s"}}]})")), "envFrom");
  EXPECT_EQ(needsOwnPod(with(R"({"resources":{"limits":{"memory":"1Gi"}}})")), "resources");
}

}  // namespace
}  // namespace faasbatch::pods
