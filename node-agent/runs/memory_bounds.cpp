#include "node-agent/runs/memory_bounds.h"

namespace faasbatch::runs {
namespace {

constexpr const char* kAdvice =
    "let its steps hand on less (functions can keep large values in context.store and return keys), "
    "bound its foreach by maxConcurrency, or give the agent more";

}  // namespace

std::string oneIsTooLarge(const MemoryBounds& bounds, std::size_t bytes) {
  return "the run's inputs, outputs and steps take " + std::to_string(bytes) +
         " bytes, and this agent bounds those of one run by " + std::to_string(bounds.one()) +
         " (half of --max-run-memory): " + kAdvice;
}

std::string allAreTooLarge(const MemoryBounds& bounds, std::size_t bytes, std::size_t all) {
  return "the runs under way have grown to " + std::to_string(all) +
         " bytes, and this agent bounds them by " + std::to_string(bounds.grown()) +
         " (one and a half of --max-run-memory); this one took most, " + std::to_string(bytes) +
         ": try again later, " + kAdvice;
}

}  // namespace faasbatch::runs
