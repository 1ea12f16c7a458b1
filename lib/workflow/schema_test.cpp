// The tables of the schema are whole, and say what the model says.
#include "lib/workflow/schema.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lib/tree/tree.h"
#include "lib/workflow/duration.h"
#include "lib/workflow/manifest.h"
#include "lib/workflow/plan.h"

namespace faasbatch::workflow {
namespace {

const MapSchema& spec() { return objectSchema().find("spec")->map(); }

// Visits each map's schema once.
template <class Visit>
void walk(const MapSchema& schema, const std::string& path, std::set<const MapSchema*>& seen,
          const Visit& visit) {
  if (!seen.insert(&schema).second) return;
  visit(schema, path);
  for (const FieldSchema& field : schema.fields) {
    if (field.map != nullptr) walk(field.map(), path + "." + std::string(field.name), seen, visit);
  }
}

TEST(Schema, EveryFieldIsDescribedAndBounded) {
  std::set<const MapSchema*> seen;
  walk(spec(), "spec", seen, [](const MapSchema& schema, const std::string& path) {
    std::set<std::string_view> names;
    for (const FieldSchema& field : schema.fields) {
      SCOPED_TRACE(path + "." + std::string(field.name));
      EXPECT_TRUE(names.insert(field.name).second);
      EXPECT_FALSE(field.description.empty());
      EXPECT_TRUE(field.description.ends_with('.'));
      using enum FieldKind;
      const FieldKind kind = field.kind;
      const bool text =
          kind == kText || kind == kDuration || kind == kWait || kind == kTexts || kind == kTextMap;
      const bool many = kind == kTexts || kind == kMaps || kind == kTextMap || kind == kQuantityMap;
      EXPECT_TRUE(!text || field.length.most > 0);
      EXPECT_TRUE(!many || field.count.most > 0);
      EXPECT_TRUE((kind != kInteger && kind != kNumber) || field.value.most > field.value.least);
      EXPECT_EQ(kind == kMap || kind == kMaps, field.map != nullptr);
      EXPECT_EQ(kind == kChoice, !field.choices.empty());
      EXPECT_TRUE(!field.fallback || tree::parseJson(*field.fallback)) << *field.fallback;
      EXPECT_TRUE(field.key.empty() || field.map().find(field.key)->required);
    }
    if (schema.exactlyOne) {
      for (const std::string_view key : schema.exactlyOne->keys) EXPECT_NE(schema.find(key), nullptr) << key;
    }
    for (const Rule& rule : schema.rules)
      EXPECT_TRUE(rule.field.empty() || schema.find(rule.field) != nullptr) << rule.field;
  });
  EXPECT_GT(seen.size(), 20u);
}

// What is left out is what the model's own defaults say, and what is written out reads back as the same.
TEST(Schema, DefaultsAreTheModels) {
  constexpr std::string_view kManifest =
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\n"
      "spec:\n  functions: [{name: f, handler: m.f, source: {inline: x}, retry: {limit: 1}}]\n"
      "  steps: [{name: s, function: f, repeat: {until: true}}]\n";
  const auto compiled = compile(kManifest);
  ASSERT_TRUE(compiled) << compiled.error().front().message;
  const FunctionSpec& function = compiled->plan->functions[0];
  const FunctionSpec model;
  EXPECT_EQ(function.runtime, model.runtime);
  EXPECT_EQ(function.concurrency.mode, model.concurrency.mode);
  EXPECT_EQ(function.concurrency.limit, model.concurrency.limit);
  EXPECT_EQ(function.batching.policy, model.batching.policy);
  EXPECT_EQ(function.batching.window, model.batching.window);
  EXPECT_EQ(function.batching.maxSize, model.batching.maxSize);
  EXPECT_EQ(function.batching.maxQueue, model.batching.maxQueue);
  EXPECT_EQ(function.pool.minWarm, model.pool.minWarm);
  EXPECT_EQ(function.pool.maxPods, model.pool.maxPods);
  EXPECT_EQ(function.pool.idleTimeout, model.pool.idleTimeout);
  EXPECT_EQ(function.timeout, model.timeout);
  EXPECT_EQ(function.retry.backoff.initial, model.retry.backoff.initial);
  EXPECT_EQ(function.retry.backoff.factor, model.retry.backoff.factor);
  EXPECT_EQ(function.retry.backoff.max, model.retry.backoff.max);
  EXPECT_EQ(compiled->plan->timeout, Plan{}.timeout);
  EXPECT_EQ(compiled->plan->control, Plan{}.control);
  EXPECT_EQ(compiled->plan->nodes[0].repeat->limit, kDefaultRepeatLimit);
  EXPECT_EQ(compiled->plan->nodes[0].repeat->delay, base::Duration(0));

  const auto again = compile(compiled->object);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->object, compiled->object);
  EXPECT_EQ(again->plan->digest, compiled->plan->digest);
}

// The order of the choices is that of the enumerators.
TEST(Schema, ChoicesAreTheEnumerators) {
  const auto read = [](const std::string& function) {
    const auto compiled = compile(
        "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\n"
        "spec:\n  functions: [{name: f, image: i, source: {path: x}, " +
        function + "}]\n  steps: [{name: s, function: f}]\n");
    EXPECT_TRUE(compiled) << function;
    return compiled ? compiled->plan->functions[0] : FunctionSpec{};
  };
  EXPECT_EQ(read("runtime: Python, handler: m.f").runtime, Runtime::kPython);
  EXPECT_EQ(read("runtime: Native, handler: h").runtime, Runtime::kNative);
  EXPECT_EQ(read("runtime: Container").runtime, Runtime::kContainer);
  EXPECT_EQ(read("handler: m.f, concurrency: {mode: Threads}").concurrency.mode, ConcurrencyMode::kThreads);
  EXPECT_EQ(read("handler: m.f, concurrency: {mode: Processes}").concurrency.mode,
            ConcurrencyMode::kProcesses);
  EXPECT_EQ(read("handler: m.f, concurrency: {mode: Exclusive}").concurrency.mode,
            ConcurrencyMode::kExclusive);
  const std::pair<std::string_view, BatchPolicy> policies[] = {
      {"Adaptive", BatchPolicy::kAdaptive}, {"FixedWindow", BatchPolicy::kFixedWindow},
      {"None", BatchPolicy::kNone},         {"Kraken", BatchPolicy::kKraken},
      {"SFS", BatchPolicy::kSfs},           {"Unbatched", BatchPolicy::kUnbatched}};
  for (const auto& [name, policy] : policies)
    EXPECT_EQ(read("handler: m.f, batching: {policy: " + std::string(name) + "}").batching.policy, policy)
        << name;
}

}  // namespace
}  // namespace faasbatch::workflow
