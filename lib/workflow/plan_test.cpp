// What plans compile() makes of right manifests.
#include "lib/workflow/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/tree/tree.h"
#include "lib/workflow/compile_test_support.h"

namespace faasbatch::workflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlanPtr planOf(std::string_view spec) {
  auto compiled = compile(testing::manifestWith(spec));
  if (compiled) return compiled->plan;
  for (const Fault& fault : compiled.error()) ADD_FAILURE() << fault.path << ": " << fault.message;
  return std::make_shared<const Plan>();
}

const Node& node(const Plan& plan, std::string_view name) {
  for (const Node& node : plan.nodes) {
    if (node.name == name) return node;
  }
  throw std::out_of_range(std::string(name));
}

std::vector<std::string> names(const Plan& plan, const std::vector<NodeIndex>& nodes) {
  std::vector<std::string> names;
  for (const NodeIndex index : nodes) names.push_back(plan.nodes[index].name);
  return names;
}

TEST(Plan, HasAnEdgeForEachReferenceAndEachAfter) {
  const PlanPtr plan = planOf(R"(steps:
- {name: split, function: f, input: {text: "${input.text}"}}
- name: count
  foreach: {items: "${steps.split.output.chunks}", maxConcurrency: 100}
  function: g
  input: {chunk: "${item}", i: "${index}", all: "${steps['split'].output}"}
- {name: merge, function: f, input: {counts: "${steps.count.output}"}, after: [split, count]}
output: "${steps.merge.output}")");
  EXPECT_THAT(names(*plan, node(*plan, "split").predecessors), IsEmpty());
  EXPECT_THAT(names(*plan, node(*plan, "count").predecessors), ElementsAre("split"));
  EXPECT_THAT(names(*plan, node(*plan, "merge").predecessors), ElementsAre("split", "count"));
  EXPECT_THAT(names(*plan, node(*plan, "split").successors), ElementsAre("count", "merge"));
  EXPECT_EQ(node(*plan, "count").foreach->maxConcurrency, 100u);
  EXPECT_EQ(node(*plan, "count").function, plan->findFunction("g"));
  EXPECT_TRUE(plan->output.has_value());
  EXPECT_EQ(plan->blocks.size(), 1u);
  EXPECT_EQ(plan->blocks[0].last, node(*plan, "merge").index);
}

TEST(Plan, TakesOrderFromReferencesNotFromTheList) {
  const PlanPtr plan =
      planOf("steps:\n- {name: b, function: f, input: '${steps.a.output}'}\n- {name: a, function: f}");
  EXPECT_THAT(names(*plan, node(*plan, "b").predecessors), ElementsAre("a"));
  EXPECT_EQ(plan->blocks[0].last, node(*plan, "a").index);
}

TEST(Plan, GivesReferencesOfNestedStepsToTheStepThatHoldsThem) {
  const PlanPtr plan = planOf(R"(steps:
- {name: a, function: f}
- {name: b, function: f}
- {name: c, function: f}
- {name: d, function: f}
- name: group
  steps:
  - {name: inner, function: f, input: "${steps.a.output}"}
  - name: choose
    switch:
    - when: "${steps.b.output}"
      steps: [{name: arm, function: g, input: "${steps.inner.output}", after: [c]}]
    catch:
    - {on: [X], steps: [{name: rescue, function: g, input: ["${error.type}", "${steps.d.output}"]}]})");
  EXPECT_THAT(names(*plan, node(*plan, "group").predecessors), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(names(*plan, node(*plan, "choose").predecessors), ElementsAre("inner"));
  EXPECT_THAT(names(*plan, node(*plan, "inner").predecessors), IsEmpty());
  EXPECT_THAT(names(*plan, node(*plan, "arm").predecessors), IsEmpty());
  const Node& choose = node(*plan, "choose");
  ASSERT_EQ(choose.arms.size(), 1u);
  EXPECT_EQ(plan->blocks[choose.arms[0].block].owner, choose.index);
  EXPECT_EQ(plan->blocks[choose.catches[0].block].last, node(*plan, "rescue").index);
  EXPECT_THAT(choose.catches[0].on, ElementsAre("X"));
  EXPECT_EQ(node(*plan, "group").body, node(*plan, "inner").block);
  EXPECT_EQ(node(*plan, "arm").path, "spec.steps[4].steps[1].switch[0].steps[0]");
}

TEST(Plan, TakesTrueForOnAsYaml11DoesAndBeforeOnThatMayBeADefault) {
  const PlanPtr plan = planOf(R"(steps:
- name: a
  function: f
  retry: {limit: 1, "true": [Timeout]}
  catch: [{on: ["*"], "true": [ValueError], steps: [{name: b, function: f}]}])");
  EXPECT_THAT(node(*plan, "a").retry.on, ElementsAre("Timeout"));
  EXPECT_THAT(node(*plan, "a").catches[0].on, ElementsAre("ValueError"));
}

TEST(Plan, IsOfTheManifestsOwnNamespaceWhereNoneIsAskedFor) {
  const auto nameSpaceOf = [](const std::string& metadata, std::string_view asked) {
    const auto compiled = compile("{apiVersion: faasbatch.io/v1alpha1, kind: FunctionWorkflow, metadata: {" +
                                      metadata + "}, spec: {steps: [{name: w, wait: 1s}]}}",
                                  asked);
    return compiled ? compiled->plan->nameSpace : compiled.error().front().path;
  };
  EXPECT_EQ(nameSpaceOf("name: a", ""), "default");
  EXPECT_EQ(nameSpaceOf("name: a, namespace: team", ""), "team");
  EXPECT_EQ(nameSpaceOf("name: a, namespace: team", "team"), "team");
  EXPECT_EQ(nameSpaceOf("name: a, namespace: team", "default"), "metadata.namespace");
  EXPECT_EQ(nameSpaceOf("name: a, namespace: 5", ""), "metadata.namespace");
}

TEST(Plan, CatchesAllWhereNothingIsNamed) {
  const PlanPtr plan = planOf(R"(steps:
- {name: a, function: f, catch: [{on: [X], steps: [{name: b, function: f}]}, {steps: [{name: c, function: f}]}]})");
  EXPECT_THAT(node(*plan, "a").catches[0].on, ElementsAre("X"));
  EXPECT_THAT(node(*plan, "a").catches[1].on, ElementsAre("*"));
}

TEST(Plan, HoldsEveryKindOfStep) {
  const PlanPtr plan = planOf(R"(steps:
- {name: call, function: f, timeout: 5s, retry: {limit: 3, on: [E], backoff: {initial: 10ms, factor: 3, max: 1s}}}
- {name: sub, workflow: other.flow, input: 1}
- {name: group, repeat: {until: "${output.done && index < 5}", limit: 7, delay: 1s}, steps: [{name: in, function: f, input: "${last}"}]}
- {name: choose, switch: [{when: "${input.x > 1}", steps: [{name: s1, function: f}]}, {steps: [{name: s2, function: f}]}]}
- {name: pause, wait: 1m30s}
- {name: until, wait: "${timestamp(input.at)}"}
- {name: stop, when: "${input.bad}", fail: {type: Bad, message: "because ${input.why}"}}
timeout: 1h
control: Home)");
  const Node& call = node(*plan, "call");
  EXPECT_EQ(call.kind, NodeKind::kFunction);
  EXPECT_EQ(call.timeout, seconds(5));
  EXPECT_EQ(call.retry.limit, 3u);
  EXPECT_EQ(call.retry.backoff.initial, milliseconds(10));
  EXPECT_EQ(call.retry.backoff.factor, 3);
  EXPECT_EQ(call.retry.backoff.max, seconds(1));
  EXPECT_FALSE(call.input.has_value());
  EXPECT_EQ(node(*plan, "sub").workflow, "other.flow");
  EXPECT_EQ(node(*plan, "group").repeat->limit, 7u);
  EXPECT_EQ(node(*plan, "group").repeat->delay, seconds(1));
  EXPECT_TRUE(node(*plan, "choose").arms[0].when.has_value());
  EXPECT_FALSE(node(*plan, "choose").arms[1].when.has_value());
  EXPECT_EQ(node(*plan, "pause").wait, seconds(90));
  EXPECT_TRUE(node(*plan, "until").waitUntil.has_value());
  EXPECT_EQ(node(*plan, "stop").kind, NodeKind::kFail);
  EXPECT_TRUE(node(*plan, "stop").failType->constant());
  EXPECT_FALSE(node(*plan, "stop").failMessage->constant());
  EXPECT_EQ(plan->timeout, std::chrono::hours(1));
  EXPECT_EQ(plan->control, Control::kHome);
}

TEST(Plan, TakesTheFunctionsRetryWhereTheStepHasNone) {
  const auto compiled = compile(R"({"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow",
    "metadata": {"name": "x"}, "spec": {
      "functions": [{"name": "f", "handler": "m.f", "source": {"inline": "x"}, "retry": {"limit": 4}}],
      "steps": [{"name": "a", "function": "f"}, {"name": "b", "function": "f", "retry": {"limit": 0}}]}})");
  ASSERT_TRUE(compiled.has_value());
  EXPECT_EQ(node(*compiled->plan, "a").retry.limit, 4u);
  EXPECT_EQ(node(*compiled->plan, "b").retry.limit, 0u);
}

TEST(Plan, ReadsEveryFieldOfAFunction) {
  const auto compiled = compile(R"(apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: x, namespace: team, uid: u, resourceVersion: "3", labels: {a: b}, managedFields: [{manager: kubectl}]}
spec:
  functions:
  - name: n
    runtime: Native
    handler: run
    source: {path: /lib/n.so}
    concurrency: {mode: Exclusive}
    batching: {policy: SFS, window: 0.5s, maxSize: 2, maxQueue: 3}
    pool: {minWarm: 1, maxPods: 2, idleTimeout: 1m}
    timeout: 2m
    bindings:
    - {name: cache, redis: {secretRef: {name: redis}}}
    - {name: db, couchdb: {url: "http://127.0.0.1:5984"}}
    share: [redis.Redis]
    env: [{name: A, value: "1"}, {name: B}, {name: C, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
    envFrom: [{configMapRef: {name: m}}]
    resources: {limits: {cpu: 1}}
    nodeSelector: {disk: ssd}
    tolerations: [{key: k}]
    image: registry.example/n
  steps: [{name: s, function: n}]
status: {conditions: []}
)",
                                "team");
  ASSERT_TRUE(compiled.has_value()) << compiled.error().front().path << compiled.error().front().message;
  const FunctionSpec& f = compiled->plan->functions[0];
  EXPECT_EQ(compiled->plan->nameSpace, "team");
  EXPECT_EQ(f.runtime, Runtime::kNative);
  EXPECT_EQ(f.handler, "run");
  EXPECT_EQ(f.source.kind, Source::Kind::kPath);
  EXPECT_EQ(f.source.text, "/lib/n.so");
  EXPECT_EQ(f.concurrency.mode, ConcurrencyMode::kExclusive);
  EXPECT_EQ(f.concurrency.limit, 1u);
  EXPECT_EQ(f.batching.policy, BatchPolicy::kSfs);
  EXPECT_EQ(f.batching.window, milliseconds(500));
  EXPECT_EQ(f.pool.idleTimeout, std::chrono::minutes(1));
  EXPECT_EQ(f.bindings[0].secretName, "redis");
  EXPECT_EQ(f.bindings[1].kind, Binding::Kind::kCouchdb);
  EXPECT_EQ(f.bindings[1].url, "http://127.0.0.1:5984");
  EXPECT_THAT(f.env, ElementsAre(std::pair<std::string, std::string>("A", "1"),
                                 std::pair<std::string, std::string>("B", "")));
  EXPECT_EQ(
      f.podJson,
      R"({"env":[{"name":"C","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],"envFrom":[{"configMapRef":)"
      R"({"name":"m"}}],"tolerations":[{"key":"k"}],"resources":{"limits":{"cpu":1}},"nodeSelector":{"disk":"ssd"}})");
  EXPECT_FALSE(compiled->object.contains("status\":{"));
}

TEST(Plan, GivesTheObjectBackWithDefaults) {
  const auto compiled = compile(
      testing::manifestWith("steps:\n- {name: s, function: f, retry: {limit: 1}}\n- {name: t, function: g}"));
  ASSERT_TRUE(compiled.has_value());
  const auto object = tree::parseJson(compiled->object);
  ASSERT_TRUE(object.has_value());
  const Tree& spec = *object->find("spec");
  EXPECT_EQ(object->find("metadata")->find("namespace")->text, "default");
  EXPECT_EQ(spec.find("timeout")->text, "15m");
  EXPECT_EQ(spec.find("control")->text, "Worker");
  const Tree& f = spec.find("functions")->items[0];
  EXPECT_EQ(toJson(*f.find("concurrency")), R"({"mode":"Threads","limit":32})");
  EXPECT_EQ(toJson(*f.find("batching")),
            R"({"policy":"Adaptive","window":"50ms","maxSize":64,"maxQueue":1000})");
  EXPECT_EQ(toJson(*f.find("pool")), R"({"minWarm":0,"maxPods":10,"idleTimeout":"10m"})");
  EXPECT_EQ(toJson(*spec.find("steps")->items[0].find("retry")),
            R"({"limit":1,"backoff":{"initial":"100ms","factor":2,"max":"10s"}})");
  const auto again = compile(compiled->object);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->object, compiled->object);
  EXPECT_EQ(again->plan->digest, compiled->plan->digest);
}

TEST(Plan, DigestsSayWhatChanged) {
  const auto digests = [](std::string_view function, std::string_view spec = "") {
    const auto compiled = compile(
        "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: x}\nspec:\n" +
        std::string(spec) +
        "  steps: [{name: s, function: f}]\n  functions:\n  - {name: f, handler: m.f, source: {inline: a}" +
        std::string(function) + "}\n");
    EXPECT_TRUE(compiled.has_value());
    return std::pair(compiled->plan->digest, compiled->plan->functions[0].digest);
  };
  const auto plain = digests("");
  EXPECT_EQ(plain.first.size(), 64u);
  EXPECT_EQ(digests(", runtime: Python, timeout: 30s"), plain) << "defaults written out are no change";
  EXPECT_EQ(digests(", pool: {maxPods: 3}").second, plain.second) << "no pod need be replaced";
  EXPECT_NE(digests(", pool: {maxPods: 3}").first, plain.first);
  EXPECT_NE(digests(", env: [{name: A, value: b}]").second, plain.second);
  EXPECT_NE(digests("", "  timeout: 1s\n").first, plain.first);
}

}  // namespace
}  // namespace faasbatch::workflow
