// For the tests of compile(): manifests of a few lines, and faults as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/workflow/manifest.h"

namespace faasbatch::workflow::testing {

// Two functions f and g, and `spec` (YAML of the fields below spec, flush left).
inline std::string manifestWith(std::string_view spec) {
  std::string text =
      "apiVersion: faasbatch.io/v1alpha1\n"
      "kind: FunctionWorkflow\n"
      "metadata: {name: test}\n"
      "spec:\n"
      "  functions:\n"
      "  - {name: f, handler: m.f, source: {inline: 'def f(event): return event'}}\n"
      "  - {name: g, handler: m.g, source: {inline: 'def g(event): return event'}}\n";
  while (!spec.empty()) {
    const std::size_t end = spec.find('\n');
    text += "  " + std::string(spec.substr(0, end)) + "\n";
    spec.remove_prefix(end == std::string_view::npos ? spec.size() : end + 1);
  }
  return text;
}

// "path: message" of each fault, or of none.
inline std::vector<std::string> faultsOf(std::string_view manifest) {
  std::vector<std::string> lines;
  const auto compiled = compile(manifest);
  if (compiled) return lines;
  for (const Fault& fault : compiled.error()) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

inline std::vector<std::string> warningsOf(std::string_view manifest) {
  std::vector<std::string> lines;
  const auto compiled = compile(manifest);
  if (!compiled)
    return {"faults: " + compiled.error().front().path + ": " + compiled.error().front().message};
  for (const Fault& fault : compiled->warnings) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

}  // namespace faasbatch::workflow::testing
