// What the operator keeps of a spec: whether it compiles, what it asks of nodes, what it refers to. Made once
// a generation; the plan itself is not kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/workflow/manifest.h"
#include "operator/placement/demand.h"

namespace faasbatch::controllers {

// A ConfigMap or Secret that a function names.
struct Reference {
  enum class Kind : std::uint8_t { kConfigMap, kSecret };
  Kind kind = Kind::kConfigMap;
  std::string path;  // "spec.functions[0].source.configMap"
  std::string name;
  std::string key;  // that it must have; empty: any
  bool code =
      false;  // its text is the function's module: it is read. Otherwise only that it exists is asked.
};

struct Analysis {
  std::vector<workflow::Fault> faults;  // empty: the rest holds
  placement::Demand demand;
  std::uint64_t steps = 0;     // nested ones included
  std::uint32_t podBound = 0;  // sum of maxPods
  std::vector<Reference> references;
};

// `object` is the JSON text of a FunctionWorkflow of the namespace.
Analysis analyse(std::string_view object, std::string_view nameSpace);

}  // namespace faasbatch::controllers
