// Archives that were downloaded, by their SHA-256.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace faasbatch::sources {

using Bytes = std::shared_ptr<const std::string>;

// One thread at a time may use it. Blocks.
class ArchiveCache {
 public:
  virtual ~ArchiveCache() = default;
  // The archive, its hash checked; nullptr where it is not there. `sha256`: 64 lower-case hex digits.
  virtual Bytes find(const std::string& sha256) = 0;
  // Keeps an archive and lets those go that were unused for longest, so that all have `maxBytes` at most.
  // What cannot be kept (too large, disk full) is not.
  virtual void add(const std::string& sha256, const Bytes& bytes) = 0;
};

// In `directory`, which is made where it is not there and holds nothing else; it is of use to the next agent,
// too. Empty, or one that cannot be made (which is logged): in memory.
std::unique_ptr<ArchiveCache> makeArchiveCache(const std::string& directory, std::size_t maxBytes);

}  // namespace faasbatch::sources
