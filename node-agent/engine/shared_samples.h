// What the tests of shared runs share: a sub-workflow, who owns which step, and a look into records.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/json/members.h"
#include "node-agent/engine/shared_simulation.h"

namespace faasbatch::engine {

inline const char* const kInner =
    "  steps: [{name: x, function: f, input: {v: \"${input}\"}}, {name: y, function: f}]\n";

inline workflow::PlanPtr innerPlan() { return planOf(kInner, {"f"}, "inner"); }

inline Ownership owned(std::vector<AgentIndex> owners, std::vector<std::string> agents = {"a", "b", "c"}) {
  return {.agents = std::move(agents), .owners = std::move(owners)};
}

inline std::string field(const std::string& json, std::string_view key) {
  const auto members = json::members(json);
  return members ? std::string(json::find(*members, key).value_or("none")) : "not an object";
}

inline std::vector<std::string> elementsOf(const std::string& array) {
  const auto elements = json::elements(array);
  EXPECT_TRUE(elements) << array;
  return elements ? std::vector<std::string>(elements->begin(), elements->end()) : std::vector<std::string>();
}

}  // namespace faasbatch::engine
