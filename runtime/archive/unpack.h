// Unpacks a zip (libzip), believing nothing that it says of itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::archive {

struct UnpackLimits {
  std::uint64_t maxBytes =
      256 << 20;  // of all files together, as they are written, whatever the archive says
  std::int64_t maxEntries = 10'000;
};

// Writes the files and directories of `zip` below `directory`, which exists and is the caller's alone: mode
// 0600, 0700 for directories and what is executable. What was written before an error stays. Blocks. Kind
// "LoadFailed": what is wrong with the archive, or why a file could not be written.
base::Result<void> unpack(std::string_view zip, const std::string& directory,
                          const UnpackLimits& limits = {});

}  // namespace faasbatch::archive
