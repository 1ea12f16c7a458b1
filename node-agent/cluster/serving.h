// What an agent does about a workflow, going by what the API server says and by what it serves. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/time.h"

namespace faasbatch::clusterview {

// A plan that is used by nobody here is kept for so long after its last call.
inline constexpr base::Duration kUnusedTime = std::chrono::minutes(10);

// As the API server has it.
struct KnownWorkflow {
  bool placed = false;
  bool specIsPlaced = false;    // the spec that is there is the one that was placed
  bool here = false;            // a step of it is placed on this node
  std::int64_t generation = 0;  // that was placed
  std::string sources;          // likewise
  std::string placement;        // its digest
};

// As it is served here.
struct ServedWorkflow {
  std::int64_t generation = 0;
  std::string sources;
  std::string placement;
};

enum class ServingStep {
  kNothing,
  kServe,  // the spec is to be had, compiled and served
  kMove,   // only its placement is another one
  kLetGo,
  kOutOfReach  // it is placed here, but the spec that was placed is no more: say so
};

// `known` nothing: it has been deleted. `wanted`: it was called here not long ago, or is reached by a
// workflow that is served. What is served stays so while what is placed cannot be had.
ServingStep decideServing(const std::optional<KnownWorkflow>& known,
                          const std::optional<ServedWorkflow>& served, bool wanted);

}  // namespace faasbatch::clusterview
