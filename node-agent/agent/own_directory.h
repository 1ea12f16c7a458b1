// `faasbatch-agent own DIR... UID`: what an init container does, as root, with directories of the node.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::agent {

inline constexpr std::string_view kOwnCommand = "own";

// Makes each directory, which must be one, not a link to one, its own and its group's (`uid`), mode 0700.
// What is in it stays as it is. Kinds "Usage", "OwnFailed" (of the first that cannot be given away).
base::Result<void> ownDirectories(std::span<const char* const> arguments);

}  // namespace faasbatch::agent
