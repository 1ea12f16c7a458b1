// For the tests of placement: workflows and nodes in a line.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "operator/placement/place.h"

namespace faasbatch::placement::testing {

inline NodeFacts node(std::string name, std::uint32_t scale = 10) {
  return {.name = std::move(name), .scale = scale};
}

inline FunctionDemand function(std::string name, std::uint32_t scale = 1, std::uint32_t maxPods = 10) {
  return {.name = std::move(name), .scale = scale, .maxPods = maxPods};
}

inline StepDemand step(std::string name, std::vector<StepIndex> predecessors,
                       std::vector<FunctionIndex> functions) {
  return {
      .name = std::move(name), .predecessors = std::move(predecessors), .functions = std::move(functions)};
}

inline std::vector<StepWeight> weights(const Demand& demand) {
  return std::vector<StepWeight>(demand.steps.size());
}

// A random workflow of `steps` steps, each with up to three predecessors, over `functions` functions.
inline Demand randomDemand(std::mt19937& random, std::size_t steps, std::size_t functions) {
  const auto below = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
  Demand demand;
  for (std::size_t i = 0; i < functions; ++i) {
    const std::uint32_t maxPods = 1 + below(6);
    demand.functions.push_back(function("f" + std::to_string(i), 1 + below(maxPods), maxPods));
  }
  for (std::size_t i = 0; i < steps; ++i) {
    std::vector<StepIndex> before;
    for (std::uint32_t n = i == 0 ? 0 : below(4); n > 0; --n) before.push_back(below(i));
    std::ranges::sort(before);
    before.erase(std::ranges::unique(before).begin(), before.end());
    std::vector<FunctionIndex> used;
    if (below(8) != 0) used.push_back(below(functions));
    demand.steps.push_back(step("s" + std::to_string(i), std::move(before), std::move(used)));
  }
  demand.steps.back().answer = true;
  return demand;
}

inline std::vector<StepWeight> randomWeights(std::mt19937& random, std::size_t steps) {
  std::vector<StepWeight> weights(steps);
  for (StepWeight& weight : weights) {
    weight.time = std::chrono::microseconds(random() % 50'000);
    weight.outputBytes = random() % (4 << 20);
  }
  return weights;
}

inline std::string number(std::size_t i) {
  const std::string digits = std::to_string(i);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

}  // namespace faasbatch::placement::testing
