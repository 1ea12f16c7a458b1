// What the tests of shared runs share: a sub-workflow, who owns which step, and a look into records.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "node-agent/engine/record.h"
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

inline SharedSimulation shared(const std::string& spec, std::vector<AgentIndex> owners,
                               Behaviour behaviour = echo) {
  return {planOf(spec), innerPlan(), owned(std::move(owners)), std::move(behaviour), 1};
}

// "name[index] status attempts@node ..." of each step of the record.
inline std::vector<std::string> stepLines(const Run& run) {
  std::vector<std::string> steps;
  const std::string text = record(run, nullptr);
  EXPECT_TRUE(json::check(text)) << text;
  for (const std::string& step : elementsOf(field(text, "steps"))) {
    std::string line = *json::asString(field(step, "name")) + field(step, "index") + " " +
                       *json::asString(field(step, "status"));
    for (const std::string& attempt : elementsOf(field(step, "attempts"))) {
      line += " " + field(attempt, "number") + "@" + json::asString(field(attempt, "node")).value_or("-");
      if (field(attempt, "error") != "null") line += "!";
    }
    steps.push_back(line);
  }
  return steps;
}

inline const char* const kChain =
    "  steps:\n  - {name: s, function: f}\n  - {name: t, function: f, input: [\"${steps.s.output}\"]}\n"
    "  - {name: u, function: f, input: [\"${steps.t.output}\"]}\n";

}  // namespace faasbatch::engine
