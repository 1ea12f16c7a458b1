// YAML text to a tree, for readers inside this library.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/base/error.h"
#include "lib/workflow/tree.h"

namespace faasbatch::workflow {

inline constexpr std::size_t kMaxYamlScalarBytes =
    16 << 20;  // in all scalars together, after aliases are expanded

// As yamlToJson() in yaml.h, as a tree.
base::Result<Tree> parseYaml(std::string_view yaml, std::size_t maxNodes);

}  // namespace faasbatch::workflow
