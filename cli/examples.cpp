#include "cli/examples.h"

#include <map>
#include <vector>

namespace faasbatch::cli {
namespace {

// Each begins behind the program's name.
const std::map<std::string_view, std::vector<std::string_view>>& examples() {
  static const std::map<std::string_view, std::vector<std::string_view>> kExamples{
      {"apply", {"apply -f workflow.yaml", "apply -n shop *.yaml"}},
      {"cancel", {"cancel ID"}},
      {"check", {"check", "check -o json"}},
      {"convert", {"convert --from faasflow genome.yaml --time-scale 0.1 > genome-workflow.yaml"}},
      {"delete", {"delete workflow order"}},
      {"eval", {"eval 'input.map(x, x * 2)' --input numbers.json"}},
      {"get",
       {"get workflows -A -o wide", "get workflow order -o yaml",
        "get invocations --workflow order --status Failed", "get invocation ID"}},
      {"graph", {"graph order", "graph ID"}},
      {"invoke",
       {"invoke order -d '{\"card\": \"visa\"}'", "invoke order -d @input.json",
        "invoke order/charge -d - < input.json", "invoke order -d @input.json --async"}},
      {"logs", {"logs ID", "logs -f ID"}},
      {"timeline", {"timeline ID"}},
      {"validate", {"validate workflow.yaml", "validate - < workflow.yaml"}},
  };
  return kExamples;
}

}  // namespace

std::string examplesOf(std::string_view verb, std::string_view program) {
  const auto found = examples().find(verb);
  if (found == examples().end()) return "";
  std::string text = "Examples:\n";
  for (const std::string_view example : found->second) {
    text.append("  ").append(program).append(" ").append(example).append("\n");
  }
  return text;
}

}  // namespace faasbatch::cli
