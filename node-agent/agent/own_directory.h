// `faasbatch-agent own DIR UID`: what an init container does, as root, with a directory of the node.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::agent {

inline constexpr std::string_view kOwnCommand = "own";

// Makes `directory`, which must be one, not a link to one, its own and its group's (`uid`), mode 0700. What
// is in it stays as it is. Kinds "Usage", "OwnFailed".
base::Result<void> ownDirectory(std::span<const char* const> arguments);

}  // namespace faasbatch::agent
