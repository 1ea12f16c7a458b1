#include "operator/admission/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/workflow/manifest.h"
#include "operator/admission/worst_case.h"

namespace faasbatch::admission {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

json object(json spec) {
  return {{"apiVersion", "faasbatch.io/v1alpha1"},
          {"kind", "FunctionWorkflow"},
          {"metadata", {{"name", "w"}, {"namespace", "default"}}},
          {"spec", std::move(spec)}};
}

json steps(json list) {
  return {{"functions", json::parse(R"([{"name": "f", "handler": "m.f", "source": {"inline": "x"}}])")},
          {"steps", std::move(list)}};
}

json answer(json object, json more = json::object()) {
  json request{
      {"uid", "u1"}, {"operation", "CREATE"}, {"namespace", "default"}, {"object", std::move(object)}};
  request.update(more);
  const auto text = answerReview(json{{"kind", "AdmissionReview"}, {"request", request}}.dump());
  EXPECT_TRUE(text) << text.error().message;
  const json review = json::parse(*text);
  EXPECT_EQ(review["apiVersion"], "admission.k8s.io/v1");
  EXPECT_EQ(review["response"]["uid"], "u1");
  return review["response"];
}

TEST(Review, LetsInWhatCompiles) {
  const json response = answer(object(steps(json::parse(R"([{"name": "a", "function": "f"}])"))));
  EXPECT_EQ(response["allowed"], true);
  EXPECT_FALSE(response.contains("warnings"));
}

TEST(Review, RefusesWithEveryFault) {
  const json response = answer(object(steps(json::parse(
      R"([{"name": "a", "function": "g"}, {"name": "b", "function": "f", "input": "${steps.c.output}", "timeout": "x"}])"))));
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(response["status"]["code"], 422);
  EXPECT_EQ(response["status"]["reason"], "Invalid");
  EXPECT_EQ(response["status"]["message"],
            "the FunctionWorkflow \"w\" is invalid:\n"
            "* spec.steps[0].function: unknown function \"g\", did you mean \"f\"?\n"
            "* spec.steps[1].timeout: must be a duration such as \"30s\", \"50ms\" or \"1m30s\", not \"x\"\n"
            "* spec.steps[1].input: unknown step \"c\", did you mean \"a\"?");
  const json& causes = response["status"]["details"]["causes"];
  ASSERT_THAT(causes, SizeIs(3));
  EXPECT_EQ(causes[0]["field"], "spec.steps[0].function");
  EXPECT_EQ(causes[0]["reason"], "FieldValueInvalid");
}

TEST(Review, WarnsOfWhatIsHardlyMeant) {
  const json response = answer(object(steps(json::parse(R"([{"name": "a", "wait": "1s"}])"))));
  EXPECT_EQ(response["allowed"], true);
  EXPECT_THAT(response["warnings"], ElementsAre(R"(spec.functions[0]: no step uses the function "f")"));
}

TEST(Review, ADryRunTellsTheLongestPathAndTime) {
  const json spec = steps(json::parse(
      R"([{"name": "a", "function": "f"}, {"name": "b", "function": "f", "input": "${steps.a.output}"}, {"name": "c", "wait": "1s"}])"));
  EXPECT_THAT(answer(object(spec), {{"dryRun", true}})["warnings"],
              ElementsAre("spec.steps: the longest path, until something is measured: a -> b",
                          "spec.steps: by the timeouts of its steps a run takes up to 1m; a run ends after "
                          "15m (spec.timeout) at the latest"));
}

TEST(Review, WarningsAreBounded) {
  json many = json::array();
  for (int i = 0; i < 40; ++i)
    many.push_back({{"name", "f" + std::to_string(i)}, {"handler", "m.f"}, {"source", {{"inline", "x"}}}});
  const json response =
      answer(object({{"functions", many}, {"steps", json::parse(R"([{"name": "a", "wait": "1s"}])")}}),
             {{"dryRun", true}});
  EXPECT_LE(response["warnings"].size(), kMaxWarnings);
  EXPECT_THAT(response["warnings"].dump(), HasSubstr("and 28 more"));
}

TEST(Review, AnUpdateThatLeavesTheSpecIsLetInWhateverItSays) {
  json broken = object({{"steps", json::array()}});
  EXPECT_EQ(answer(broken, {{"operation", "UPDATE"}, {"oldObject", broken}})["allowed"], true);
  json before = broken;
  before["spec"]["timeout"] = "1s";
  EXPECT_EQ(answer(broken, {{"operation", "UPDATE"}, {"oldObject", before}})["allowed"], false);
  EXPECT_EQ(answer(nullptr, {{"operation", "DELETE"}, {"oldObject", before}})["allowed"], true);
}

TEST(Review, NamesThatTheServerMakesAreRight) {
  json generated = object(steps(json::parse(R"([{"name": "a", "function": "f"}])")));
  generated["metadata"] = {{"generateName", "w-"}};
  EXPECT_EQ(answer(generated)["allowed"], true);
}

TEST(Review, WhatIsNoneIsAnError) {
  for (const std::string_view body : {"", "{", "[]", "{}", R"({"request": {}})", R"({"request": 3})"})
    EXPECT_EQ(answerReview(body).error().kind, "InvalidReview") << body;
}

std::string worst(const std::string& steps) {
  const auto compiled = workflow::compile(
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\nspec:\n"
      "  functions: [{name: f, handler: m.f, source: {inline: x}, timeout: 10s}]\n  steps:\n" +
      steps);
  if (!compiled) return compiled.error()[0].path + ": " + compiled.error()[0].message;
  const auto bound = worstCase(*compiled->plan);
  return bound ? std::to_string(bound->count() / 1'000'000) + " ms" : "none";
}

TEST(WorstCase, IsTheSlowestWay) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"  - {name: a, function: f}\n  - {name: b, function: f}\n", "10000 ms"},
      {"  - {name: a, function: f}\n  - {name: b, function: f, after: [a]}\n", "20000 ms"},
      {"  - {name: a, function: f, retry: {limit: 2, backoff: {initial: 1s, factor: 2, max: 1500ms}}}\n",
       "32500 ms"},
      {"  - {name: a, function: f, retry: {limit: 9}, timeout: 15s}\n", "15000 ms"},
      {"  - {name: a, function: f, catch: [{steps: [{name: b, wait: 3s}]}]}\n", "13000 ms"},
      {"  - {name: a, function: f, repeat: {until: true, limit: 3, delay: 1s}}\n", "33000 ms"},
      {"  - {name: a, function: f, foreach: {items: [1, 2, 3, 4, 5], maxConcurrency: 2}}\n", "30000 ms"},
      {"  - {name: a, function: f, foreach: {items: [1, 2, 3]}}\n", "10000 ms"},
      {"  - {name: a, function: f, foreach: {items: '${input}'}}\n", "none"},
      {"  - {name: a, function: f, foreach: {items: '${input}'}, timeout: 1m}\n", "60000 ms"},
      {"  - {name: a, switch: [{when: true, steps: [{name: b, wait: 3s}]}, {steps: [{name: c, function: "
       "f}]}]}\n",
       "10000 ms"},
      {"  - {name: a, steps: [{name: b, function: f}, {name: c, function: f, after: [b]}]}\n", "20000 ms"},
      {"  - {name: a, workflow: other}\n", "none"},
      {"  - {name: a, wait: '${timestamp(input.at)}'}\n", "none"},
      {"  - {name: a, fail: {type: X}}\n", "0 ms"},
      {"  - {name: a, function: f, timeout: 8000h, repeat: {until: true, limit: 1000000, delay: 8000h}}\n",
       "28800000000 ms"},
  };
  for (const auto& [steps, bound] : cases) EXPECT_EQ(worst(std::string(steps)), bound) << steps;
}

}  // namespace
}  // namespace faasbatch::admission
