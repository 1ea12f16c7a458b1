#include "operator/controllers/functionworkflow/analysis.h"

#include <gtest/gtest.h>

#include "operator/controllers/functionworkflow/figures.h"
#include "operator/controllers/functionworkflow/sources.h"

namespace faasbatch::controllers {
namespace {

TEST(Analysis, NamesEverythingThatAFunctionRefersTo) {
  const Analysis analysis = analyse(R"({
    "apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": "w"},
    "spec": {"functions": [{"name": "f", "handler": "m.f", "source": {"configMap": {"name": "code", "key": "m.py"}},
      "pool": {"maxPods": 7},
      "bindings": [{"name": "b", "redis": {"secretRef": {"name": "redis"}}}, {"name": "c", "redis": {"url": "x"}}],
      "env": [{"name": "A", "value": "x"}, {"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}},
              {"name": "M", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k", "optional": true}}},
              {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
      "envFrom": [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "some", "optional": true}}]}],
    "steps": [{"name": "g", "steps": [{"name": "s", "function": "f"}]}]}})",
                                    "default");
  ASSERT_TRUE(analysis.faults.empty()) << analysis.faults[0].message;
  EXPECT_EQ(analysis.steps, 2u);
  EXPECT_EQ(analysis.podBound, 7u);
  std::vector<std::string> lines;
  for (const Reference& reference : analysis.references) {
    lines.push_back(reference.path +
                    (reference.kind == Reference::Kind::kSecret ? " Secret " : " ConfigMap ") +
                    reference.name + "/" + reference.key + (reference.code ? " code" : ""));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "spec.functions[0].source.configMap ConfigMap code/m.py code",
                       "spec.functions[0].bindings[b].secretRef Secret redis/",
                       "spec.functions[0].env[T].valueFrom.secretKeyRef Secret s/token",
                       "spec.functions[0].envFrom[0].configMapRef ConfigMap all/",
                   }));
}

TEST(Analysis, HasTheFaults) {
  const Analysis analysis = analyse(R"({"kind": "FunctionWorkflow", "apiVersion": "faasbatch.io/v1alpha1",
    "metadata": {"name": "w"}, "spec": {}})",
                                    "default");
  ASSERT_EQ(analysis.faults.size(), 1u);
  EXPECT_EQ(analysis.faults[0].path, "spec.steps");
}

TEST(Sources, AreTextsUnderData) {
  EXPECT_EQ(foundIn(R"({"data": {"m.py": "abc"}})", "m.py").sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(foundIn(R"({"data": {"m.py": "abc"}})", "x").state, Found::State::kNoKey);
  EXPECT_EQ(foundIn(R"({})", "x").state, Found::State::kNoKey);
  EXPECT_EQ(foundIn(R"({"data": {"m.py": ""}})", "m.py").why, "it is empty");
  EXPECT_EQ(foundIn(R"({"binaryData": {"m.py": "AA=="}})", "m.py").state, Found::State::kUnreadable);
}

TEST(Figures, GoInSteps) {
  const std::pair<std::uint64_t, std::uint64_t> cases[] = {
      {0, 0},   {1, 1},   {2, 2},   {3, 2},   {4, 2},     {5, 5},     {9, 5},
      {10, 10}, {19, 10}, {20, 20}, {99, 50}, {100, 100}, {999, 500}, {123'456, 100'000}};
  for (const auto& [count, shown] : cases) EXPECT_EQ(step(count), shown) << count;
}

TEST(Figures, P95IsShort) {
  const std::pair<base::Duration, std::string_view> cases[] = {{std::chrono::nanoseconds(300), "1us"},
                                                               {std::chrono::microseconds(1), "1us"},
                                                               {std::chrono::microseconds(1'234), "1.2ms"},
                                                               {std::chrono::microseconds(12'345), "12ms"},
                                                               {std::chrono::milliseconds(1'500), "1.5s"},
                                                               {std::chrono::seconds(90), "1.5m"},
                                                               {std::chrono::minutes(15), "15m"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(p95Text("", {.runs = 1, .p95 = value}), text);
  EXPECT_EQ(p95Text("10ms", {.runs = 1, .p95 = std::chrono::milliseconds(12)}), "10ms");
  EXPECT_EQ(p95Text("10ms", {.runs = 1, .p95 = std::chrono::microseconds(12'100)}), "12ms");
  EXPECT_EQ(p95Text("10ms", {.runs = 0, .p95 = std::chrono::seconds(12)}), "10ms");
}

TEST(Weights, AreMeansOverTheNodesThatChangeOnlyByMuch) {
  Reports reports;
  reports["w1"].steps = {{.step = "a", .runs = 3, .time = std::chrono::milliseconds(10), .outputBytes = 100}};
  reports["w2"].steps = {{.step = "a", .runs = 1, .time = std::chrono::milliseconds(30), .outputBytes = 500},
                         {.step = "b", .runs = 0, .time = std::chrono::milliseconds(1)}};
  const Weights first = settle({}, reports);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first.at("a"), (placement::StepWeight{std::chrono::milliseconds(15), 200}));
  reports["w2"].steps[0].time = std::chrono::milliseconds(38);  // 17 on the whole
  EXPECT_EQ(settle(first, reports), first);
  reports["w2"].steps[0].time = std::chrono::milliseconds(100);
  EXPECT_EQ(settle(first, reports).at("a").time, std::chrono::microseconds(32'500));
  EXPECT_EQ(settle(first, {}), first);
}

}  // namespace
}  // namespace faasbatch::controllers
