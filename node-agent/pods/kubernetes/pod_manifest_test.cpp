#include "node-agent/pods/kubernetes/pod_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lib/json/check.h"

namespace faasbatch::pods {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const calls::FunctionKey kKey{"shop", "order@0123456789ab", "_pay"};
const kube::ObjectReference kNode{"v1", "Node", {"", "worker-1"}, "node-uid"};
const kube::ObjectReference kWorkflow{
    "faasbatch.io/v1alpha1", "FunctionWorkflow", {"shop", "order"}, "wf-uid"};

PodSettings settings() { return {.node = "worker-1"}; }

PodRequest generic(workflow::Runtime runtime = workflow::Runtime::kPython) {
  return {.name = "pod-a", .nameSpace = "shop", .runtime = runtime};
}

PodRequest of(const workflow::FunctionSpec& spec) {
  return {.name = "pod-a", .nameSpace = "shop", .runtime = spec.runtime, .key = &kKey, .spec = &spec};
}

// A function that uses everything.
workflow::FunctionSpec demanding() {
  workflow::FunctionSpec spec{.name = "_pay", .image = "registry.example/pay:2"};
  spec.digest = "d1";
  spec.bindings.push_back({.name = "plain", .url = "redis://x"});
  spec.bindings.push_back({.name = "cache", .secretName = "redis-secret"});
  spec.podJson = R"({"env":[{"name":"KEY","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],)"
                 R"("envFrom":[{"configMapRef":{"name":"c"}}],"resources":{"limits":{"memory":"1Gi"}},)"
                 R"("nodeSelector":{"disk":"ssd"},"tolerations":[{"key":"gpu","operator":"Exists"}]})";
  return spec;
}

// Compares with testdata/NAME, the way a reviewer reads it.
void expectGolden(const std::string& name, const std::string& manifest) {
  ASSERT_TRUE(json::check(manifest)) << manifest;
  const std::string path = std::string(FAASBATCH_SOURCE_DIR) + "/node-agent/pods/kubernetes/testdata/" + name;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(nlohmann::ordered_json::parse(manifest).dump(2) + "\n", golden) << path;
}

TEST(PodManifest, OfAGenericPod) {
  expectGolden("generic.json", podManifest(settings(), generic(), kNode, "token-digest"));
}

TEST(PodManifest, OfAFunctionWithEverything) {
  PodSettings all = settings();
  all.pullPolicy = "IfNotPresent";
  all.pullSecrets = {"registry", "other"};
  all.priorityClass = "faasbatch-functions";
  all.tmpInMemory = true;
  expectGolden("demanding.json", podManifest(all, of(demanding()), kWorkflow, "token-digest"));
}

TEST(PodManifest, RunsTheImageOfTheRuntimeOrTheFunctionsOwn) {
  EXPECT_THAT(
      podManifest(settings(), generic(workflow::Runtime::kNative), kNode, "t"),
      HasSubstr(R"("image":"faasbatch/runtime-native","args":["--runtime","Native","--listen",":8080"])"));
  workflow::FunctionSpec container{.name = "f", .runtime = workflow::Runtime::kContainer, .image = "mine"};
  const std::string manifest = podManifest(settings(), of(container), kWorkflow, "t");
  EXPECT_THAT(manifest, HasSubstr(R"("image":"mine")"));
  EXPECT_THAT(manifest, Not(HasSubstr("args"))) << "its own entry point";
}

TEST(PodManifest, NothingAFunctionGivesTakesThePlaceOfTheTokensDigest) {
  workflow::FunctionSpec spec{.name = "f"};
  spec.podJson =
      R"({"env":[{"name":"FAASBATCH_TOKEN_SHA256","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}]})";
  const auto env = nlohmann::json::parse(podManifest(settings(), of(spec), kWorkflow, "t"))
                       .at("spec")
                       .at("containers")
                       .at(0)
                       .at("env");
  EXPECT_EQ(env.back().at("name"), "FAASBATCH_TOKEN_SHA256") << "the last one wins";
  EXPECT_EQ(env.back().at("value"), "t");
}

TEST(TemplateHash, DependsOnWhatThePodIsMadeFromOnly) {
  const std::string hash = templateHash(settings(), generic());
  EXPECT_EQ(hash.size(), 16U);
  workflow::FunctionSpec plain{.name = "f"};
  plain.podJson = R"({"tolerations":[{"key":"gpu"}],"nodeSelector":{"a":"b"}})";
  PodRequest other = of(plain);
  other.name = "pod-b";
  EXPECT_EQ(templateHash(settings(), other), hash);
  EXPECT_NE(templateHash(settings(), generic(workflow::Runtime::kNative)), hash);
  EXPECT_NE(templateHash(settings(), of(demanding())), hash);
  PodSettings newer = settings();
  newer.pythonImage += ":2";
  EXPECT_NE(templateHash(newer, generic()), hash);
  EXPECT_THAT(podManifest(settings(), generic(), kNode, "t"), HasSubstr(hash));
}

TEST(PodNamePrefix, IsADnsLabelThatSaysWhatFor) {
  const auto prefix = [](std::string workflow, std::string function) {
    const calls::FunctionKey key{"shop", std::move(workflow), std::move(function)};
    return podNamePrefix({.key = &key});
  };
  EXPECT_EQ(podNamePrefix(generic()), "python");
  EXPECT_EQ(prefix("order@0123456789ab", "_Pay_it"), "order-pay-it");
  EXPECT_EQ(prefix("a.b", "c-"), "a-b-c");
  EXPECT_EQ(prefix(std::string(200, 'x'), "f"), std::string(kMaxPodPrefix, 'x'));
  EXPECT_EQ(prefix(std::string(kMaxPodPrefix - 1, 'x'), "f"), std::string(kMaxPodPrefix - 1, 'x'));
}

TEST(RuntimeName, ReadsBack) {
  for (const auto runtime :
       {workflow::Runtime::kPython, workflow::Runtime::kNative, workflow::Runtime::kContainer}) {
    EXPECT_EQ(runtimeNamed(runtimeName(runtime)), runtime);
  }
  EXPECT_FALSE(runtimeNamed("Perl"));
}

TEST(SpecialisedPatch, NamesTheFunction) {
  workflow::FunctionSpec spec{.name = "_pay"};
  spec.digest = "d1";
  const auto patch = nlohmann::json::parse(specialisedPatch(kKey, spec)).at("metadata");
  EXPECT_EQ(patch.at("labels").at("faasbatch.io/workflow"), "order");
  EXPECT_EQ(patch.at("labels").at("faasbatch.io/pool"), "function");
  EXPECT_EQ(patch.at("annotations").at("faasbatch.io/digest"), "d1");
}

}  // namespace
}  // namespace faasbatch::pods
