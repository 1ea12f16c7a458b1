// What the edges and nodes of a workflow's graph weigh.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/base/time.h"

namespace faasbatch::placement {

// Until something was measured.
inline constexpr base::Duration kAssumedTime = std::chrono::milliseconds(10);
inline constexpr std::uint64_t kAssumedOutputBytes = 64 * 1024;

// Of an output that crosses nodes: a message, and the store's way for the bytes (CouchDB, about 100 MB/s).
inline constexpr base::Duration kHopTime = std::chrono::milliseconds(1);
inline constexpr std::int64_t kBytesPerMicrosecond = 100;

struct StepWeight {
  base::Duration time = kAssumedTime;
  std::uint64_t outputBytes = kAssumedOutputBytes;
  friend bool operator==(const StepWeight&, const StepWeight&) = default;
};

// Of the edge from a step to a successor on another node.
inline base::Duration transferTime(std::uint64_t bytes) {
  return kHopTime + std::chrono::microseconds(static_cast<std::int64_t>(bytes) / kBytesPerMicrosecond);
}

}  // namespace faasbatch::placement
