// For tests: random workflows compiled, and how their calls go.
#pragma once

#include <string>

#include "node-agent/engine/random_plan.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {

// Small results that still tell one input from another; now and then a failure.
inline Reply digest(const Dispatch& call) {
  const std::string input(call.input.view());
  const std::size_t hash = std::hash<std::string>{}(call.name + input);
  if (hash % 23 == 0) return failWith("Bad");
  const bool retried = call.plan->functions[call.function].name == "fr";
  if (retried && hash % 3 == 0 && call.attempt == 1) return failWith("Flaky");
  if (hash % 5 == 0 && call.attempt == 1) return failWith("WorkerCrashed", "a mate", true);
  return {.outcome = std::to_string(hash % 100'000),
          .takes = base::Duration(1ms * (hash % 6)),
          .spill = hash % 4 == 0};
}

inline workflow::PlanPtr randomPlan(std::uint32_t seed) {
  // fr has a retry of its own.
  const std::string functions =
      "  functions:\n  - {name: f, handler: m.h, source: {inline: x}}\n"
      "  - {name: fr, handler: m.h, source: {inline: x}, retry: {limit: 2, backoff: {initial: 1ms}}}\n";
  const std::string yaml =
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\nspec:\n" + functions +
      RandomPlan(seed).spec();
  auto compiled = workflow::compile(yaml);
  if (compiled) return compiled->plan;
  ADD_FAILURE() << compiled.error()[0].path << ": " << compiled.error()[0].message << "\n" << yaml;
  return nullptr;
}

}  // namespace faasbatch::engine
