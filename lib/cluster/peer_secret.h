// What agents and operator show one another, as its file has it.
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/error.h"

namespace faasbatch::cluster {

inline constexpr std::size_t kMinPeerSecretBytes = 16;
inline constexpr std::size_t kMaxPeerSecretBytes = 4096;

// Blanks and line breaks around it are left out. Kind "InvalidPeerSecret" names the file and what is wrong:
// it cannot be read, is too short or too long, or has bytes that no header takes.
base::Result<std::string> readPeerSecret(const std::string& path);

}  // namespace faasbatch::cluster
