// What sharing clients has saved in a pod: the `shared` list of `/v1/status`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::supervisor {

inline constexpr std::size_t kMaxSharedConstructors = 1000;
inline constexpr std::size_t kMaxConstructorNameBytes = 256;

// By constructor: the last count of the worker, which counts for itself, and the sum of what its forked
// children said, each once, before it ended. The lists (docs/worker-protocol.md, `Shared`) come from
// processes that run other people's code: kind "BadFrame" for one that is malformed, which changes nothing;
// numbers below zero count as zero, sums stop at the largest number, names past the bounds are left out.
class SharedClients {
 public:
  base::Result<void> replace(std::string_view list);
  base::Result<void> add(std::string_view list);
  std::string list() const;  // JSON, by name

 private:
  struct Count {
    std::int64_t made = 0;
    std::int64_t reused = 0;
    std::int64_t savedBytes = 0;
  };
  using Counts = std::map<std::string, Count, std::less<>>;

  static base::Result<Counts> read(std::string_view list);
  static void add(Counts& sums, const Counts& more);

  Counts worker_;
  Counts children_;
};

}  // namespace faasbatch::supervisor
