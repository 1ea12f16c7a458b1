// What an archive may hold. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::archive {

inline constexpr std::size_t kMaxPathBytes = 1024;
inline constexpr std::size_t kMaxPathPartBytes = 255;  // what a file system takes
inline constexpr std::size_t kMaxPathParts = 32;

// An entry as the archive describes it.
struct EntryFacts {
  std::string_view path;                  // with a slash at its end: a directory
  std::optional<std::uint32_t> unixMode;  // st_mode, where the archive was made on Unix
  std::uint16_t method = 0;               // of compression, as PKWARE's APPNOTE.TXT numbers them
  bool encrypted = false;
};

struct Entry {
  std::string_view path;  // relative, without a slash at its end
  bool directory = false;
  bool executable = false;
};

// Refuses what could land outside of the directory it is unpacked to (absolute paths, "..", links), what is
// no file and no directory, and what nobody means to send: control characters, backslashes, encryption,
// methods other than Stored and Deflate. Kind "LoadFailed", with the path.
base::Result<Entry> checkEntry(const EntryFacts& facts);

}  // namespace faasbatch::archive
