// compile() and the YAML reader and writer on any bytes: no crash, and faults or a plan.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/workflow/manifest.h"
#include "lib/workflow/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::workflow;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = compile(text);
  if (!compiled && compiled.error().empty()) std::abort();
  if (compiled) {
    // What the API gives back is a manifest of the same workflow.
    const auto again = compile(compiled->object);
    if (!again || again->plan->digest != compiled->plan->digest) std::abort();
  }
  static_cast<void>(splitDocuments(text));
  const auto json = yamlToJson(text, 10'000);
  if (!json) return 0;
  const auto yaml = jsonToYaml(*json);
  if (!yaml) std::abort();
  const auto back = yamlToJson(*yaml, 100'000);
  if (!back || *back != *json) std::abort();
  return 0;
}
