// Somebody else who writes the status of a workflow: an operator of another release, a script. Whoever
// answers at once each time is not fought without end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/time.h"

namespace faasbatch::controllers {

// Between two writes of ours where somebody else's came between; doubles each time.
inline constexpr base::Duration kContentionInitial = std::chrono::seconds(1);
inline constexpr base::Duration kContentionMax = std::chrono::minutes(1);

// Of one workflow. No clock of its own. A status is told from another one by its fingerprint (status.h).
class Contention {
 public:
  struct Seen {
    std::size_t status = 0;       // the fingerprint of the object's
    std::string version;          // the object's
    std::int64_t generation = 0;  // likewise
  };
  // Whether the status is neither what we wrote last nor what that was written on top of.
  bool foreign(const Seen& seen) const;
  // When a status may be written over the one that was seen: a single change of somebody else's is put right
  // at once, and so is what a new generation brings.
  base::Instant mayWriteAt(const Seen& seen) const;
  // `status` was written over `over`.
  void wrote(std::size_t status, const Seen& over, base::Instant now);

 private:
  base::Duration pause() const;

  std::optional<std::size_t> written_;
  Seen over_;
  base::Instant at_;
  std::uint32_t foreign_ = 0;  // writes in a row that answered somebody else's
};

}  // namespace faasbatch::controllers
