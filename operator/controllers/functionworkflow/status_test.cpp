#include "operator/controllers/functionworkflow/status.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace faasbatch::controllers {
namespace {

Status whole() {
  return {.observedGeneration = 3,
          .conditions = {{"Accepted", "True", "Valid", "a\n\"b\"", 3, "2026-01-01T00:00:00Z"}},
          .reason = "Serving",
          .steps = 2,
          .active = 5,
          .p95 = "12ms",
          .nodes = 1,
          .placement = cluster::Placement{.generation = 3,
                                          .steps = {{"a", 0, cluster::OutputStore::kNode},
                                                    {"b", 0, cluster::OutputStore::kCluster}},
                                          .replicas = {{{"w1"}}, {{"w2"}}}},
          .criticalPath = {"a", "b"},
          .sources = {{"code", "m.py", "abc"}}};
}

// The object after the patch.
std::string patched(const std::string& object, const std::string& patch) {
  auto json = nlohmann::json::parse(object);
  json.merge_patch(nlohmann::json::parse(patch));
  return json.dump();
}

TEST(Status, ReadsBackWhatItWrites) {
  const std::string object = R"({"metadata": {"name": "x"}})";
  const std::string first = patched(object, statusPatch({}, whole(), "7"));
  EXPECT_EQ(readStatus(first), whole());
  EXPECT_EQ(nlohmann::json::parse(first)["metadata"]["resourceVersion"], "7");
  EXPECT_EQ(readStatus(patched(first, statusPatch(whole(), {}, "8"))), Status{});
}

TEST(Status, PatchHasOnlyWhatChanges) {
  EXPECT_EQ(statusPatch(whole(), whole(), "7"), "");
  Status other = whole();
  other.active = 0;
  EXPECT_EQ(statusPatch(whole(), other, "7"),
            R"({"metadata":{"resourceVersion":"7"},"status":{"active":0}})");
}

TEST(Status, WhatCannotBeReadIsWrittenAnew) {
  EXPECT_EQ(readStatus("{}"), Status{});
  EXPECT_EQ(readStatus(R"({"status": 3})"), Status{});
  EXPECT_EQ(readStatus(R"({"status": {"steps": "many", "reason": "x"}})"), Status{});
  EXPECT_EQ(readStatus(R"({"status": {"reason": "x", "placement": [{"step": "a", "group": 4}]}})").placement,
            std::nullopt);
}

}  // namespace
}  // namespace faasbatch::controllers
