// The YAML reader on any bytes, and the writer on what it read: no crash, and the same value again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/tree/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::tree;
  const auto json = yamlToJson(std::string_view(reinterpret_cast<const char*>(data), size), 10'000);
  if (!json) return 0;
  const auto yaml = jsonToYaml(*json);
  if (!yaml) std::abort();
  const auto back = yamlToJson(*yaml, 100'000);
  if (!back || *back != *json) std::abort();
  return 0;
}
