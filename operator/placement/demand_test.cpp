#include "operator/placement/demand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/workflow/manifest.h"

namespace faasbatch::placement {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::string_view kManifest = R"(
apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: w}
spec:
  functions:
  - name: wide
    handler: m.f
    source: {inline: x}
    concurrency: {limit: 10}
    nodeSelector: {disk: ssd}
    tolerations: [{key: gpu, operator: Exists}, {key: a, value: b, effect: NoSchedule}]
    resources: {requests: {cpu: 500m}, limits: {cpu: 2, memory: 128Mi}}
  - {name: warm, handler: m.f, source: {inline: x}, pool: {minWarm: 3}}
  - {name: one, handler: m.f, source: {inline: x}, concurrency: {mode: Exclusive}, pool: {maxPods: 2}}
  steps:
  - {name: last, function: wide, foreach: {items: "${steps.g.output}", maxConcurrency: 25}}
  - name: g
    steps:
    - name: s
      switch:
      - {when: "${input.x}", steps: [{name: s1, function: one, foreach: {items: [1]}}]}
      - {steps: [{name: s2, function: warm, catch: [{steps: [{name: c, function: one}]}]}]}
  - {name: rest, wait: 1s, after: [last, g]}
  output: ["${steps.last.output}", "${steps.g.output}"]
)";

TEST(DemandOf, APlanIsItsRootListAndWhatItsFunctionsAskFor) {
  const auto compiled = workflow::compile(kManifest);
  ASSERT_TRUE(compiled) << compiled.error().front().message;
  const Demand demand = demandOf(*compiled->plan);

  ASSERT_EQ(demand.steps.size(), 3u);
  EXPECT_EQ(demand.steps[0].name, "last");
  EXPECT_THAT(demand.steps[0].predecessors, ElementsAre(1));
  EXPECT_THAT(demand.steps[0].functions, ElementsAre(0));
  EXPECT_THAT(demand.steps[1].functions, ElementsAre(1, 2));
  EXPECT_THAT(demand.steps[2].predecessors, ElementsAre(0, 1));
  EXPECT_THAT(demand.steps[2].functions, ElementsAre());
  EXPECT_TRUE(demand.steps[0].answer);
  EXPECT_TRUE(demand.steps[1].answer);
  EXPECT_FALSE(demand.steps[2].answer);

  ASSERT_EQ(demand.functions.size(), 3u);
  const FunctionDemand& wide = demand.functions[0];
  EXPECT_EQ(wide.scale, 3u);  // 25 calls, 10 a pod
  EXPECT_THAT(wide.nodeSelector, ElementsAre(Pair("disk", "ssd")));
  ASSERT_EQ(wide.tolerations.size(), 2u);
  EXPECT_TRUE(wide.tolerations[0].exists);
  EXPECT_EQ(wide.tolerations[1].effect, "NoSchedule");
  EXPECT_EQ(wide.cpuMilli, 500);
  EXPECT_EQ(wide.memoryBytes, 128 << 20);
  EXPECT_EQ(demand.functions[1].scale, 3u);  // kept warm
  EXPECT_EQ(demand.functions[2].scale, 2u);  // 33 calls, one a pod, but two pods at most
}

TEST(DemandOf, TheLastStepAnswersWhereNothingElseIsSaid) {
  const auto compiled = workflow::compile(
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\n"
      "spec: {steps: [{name: a, wait: 1s}, {name: b, wait: 1s}]}");
  ASSERT_TRUE(compiled);
  const Demand demand = demandOf(*compiled->plan);
  EXPECT_FALSE(demand.steps[0].answer);
  EXPECT_TRUE(demand.steps[1].answer);
}

}  // namespace
}  // namespace faasbatch::placement
