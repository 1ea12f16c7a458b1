// JSON (RFC 8259) is checked once, where it comes in, and then travels as the text it is.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::json {

inline constexpr std::size_t kMaxDepth = 128;  // arrays and objects inside one another

// Passes exactly the JSON texts: UTF-8 without surrogates, one value, nothing behind it but white space, at
// most `maxDepth` deep. Builds no tree and uses no stack per level. Otherwise kind "InvalidJson" with the
// byte offset.
base::Result<void> check(std::string_view text, std::size_t maxDepth = kMaxDepth);

}  // namespace faasbatch::json
