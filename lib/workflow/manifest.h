// From a manifest (YAML or JSON) to a plan, or to every fault it has.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/workflow/plan.h"

namespace faasbatch::workflow {

inline constexpr std::size_t kMaxManifestBytes = 1 << 20;
inline constexpr std::size_t kMaxSteps = 2000;
inline constexpr std::size_t kMaxFunctions = 100;
inline constexpr int kMaxNesting = 16;
inline constexpr std::size_t kMaxFaults = 200;  // reported at once; then "and N more"

// `path` is as users write it ("spec.steps[2].input.text"), empty for the document as a whole.
struct Fault {
  std::string path;
  std::string message;
  friend bool operator==(const Fault&, const Fault&) = default;
};

struct Compiled {
  PlanPtr plan;
  std::vector<Fault> warnings;  // unused functions and the like
  std::string object;  // the object as JSON text, with defaults, as the API gives it back (no status)
};

// One YAML or JSON document. `nameSpace` is used where the manifest names none; a manifest that names another
// is a fault. Where it is empty, the manifest's own counts, or "default". Thread-safe.
std::expected<Compiled, std::vector<Fault>> compile(std::string_view manifest,
                                                    std::string_view nameSpace = "default");

// The documents of a YAML stream ("---"), each with its text, for command-line files with several objects.
std::vector<std::string> splitDocuments(std::string_view yaml);

}  // namespace faasbatch::workflow
