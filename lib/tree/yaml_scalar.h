// Plain scalars of YAML 1.2 by the core schema.
#pragma once

#include <string_view>

#include "lib/base/error.h"
#include "lib/tree/tree.h"

namespace faasbatch::tree {

// What an unquoted scalar stands for: null, a boolean, a number in JSON's form ("0x1F" is 31, ".5" is 0.5),
// or a string (so are yes, no, on and off). Fails on what JSON cannot hold: .inf, .nan.
base::Result<Tree> resolvePlainScalar(std::string_view text);

}  // namespace faasbatch::tree
