// YAML (the JSON schema of YAML 1.2) to a tree or to JSON text, and back, bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/tree/tree.h"

namespace faasbatch::tree {

inline constexpr std::size_t kMaxYamlNodes = 200'000;  // after aliases are expanded
inline constexpr std::size_t kMaxYamlScalarBytes =
    16 << 20;  // in all scalars together, after aliases are expanded

// Kind "InvalidYaml", with line and column: more than `maxNodes` after expanding aliases, an alias of itself,
// a tag, a duplicate key, a key that is no string, several documents.
base::Result<Tree> parseYaml(std::string_view yaml, std::size_t maxNodes);
// The same as JSON text.
base::Result<std::string> yamlToJson(std::string_view yaml, std::size_t maxNodes);

base::Result<std::string> jsonToYaml(std::string_view json);

}  // namespace faasbatch::tree
