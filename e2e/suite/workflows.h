// Manifests that several tests use.
#pragma once

#include <string>

namespace faasbatch::e2e {

// One step, one Python function: `body` is its module, of which `handler` is called. `more` goes into the
// function.
inline std::string oneStep(const std::string& name, const std::string& module, const std::string& more = "") {
  std::string indented;
  for (const char c : module) {
    indented += c;
    if (c == '\n') indented += "        ";
  }
  return "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: " + name +
         "}\nspec:\n  functions:\n  - name: f\n    runtime: Python\n    handler: m.handler\n" + more +
         "    source:\n      inline: |\n        " + indented + "\n  steps:\n  - {name: s, function: f}\n";
}

inline constexpr const char* kEcho = "def handler(event, context):\n    return event";
inline constexpr const char* kSleep100 =
    "import time\ndef handler(event, context):\n    time.sleep(0.1)\n    return event";

}  // namespace faasbatch::e2e
