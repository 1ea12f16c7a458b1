// YAML (the JSON schema of YAML 1.2) to JSON text and back, bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::workflow {

// Kind "InvalidYaml", with line and column: more than `maxNodes` after expanding aliases, an alias of itself,
// a tag, a duplicate key, a key that is no string, several documents.
base::Result<std::string> yamlToJson(std::string_view yaml, std::size_t maxNodes);

base::Result<std::string> jsonToYaml(std::string_view json);

}  // namespace faasbatch::workflow
