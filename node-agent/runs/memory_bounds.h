// What runs may hold in memory. Pure.
#pragma once

#include <cstddef>
#include <string>

namespace faasbatch::runs {

inline constexpr std::size_t kMaxActiveBytes = std::size_t{2} << 30;  // estimated, of all runs

// Shares of one figure (--max-run-memory), so that the agent has memory for whatever else it does.
struct MemoryBounds {
  std::size_t all = kMaxActiveBytes;  // of all runs; what would be more is not accepted: "QueueFull"

  // Of one run: then it ends "RunTooLarge".
  std::size_t one() const { return all / 2; }
  // Of all runs, where those that were accepted have grown: then the one that holds most ends "RunTooLarge".
  std::size_t grown() const { return all + all / 2; }
  // Of one run: inputs of its calls under way and stored outputs that are read. The inputs of further calls
  // are made when there is room.
  std::size_t ahead() const { return all / 8; }
  // The same of all runs together.
  std::size_t aheadOfAll() const { return all / 2; }
};

// Whether a run that holds `held` bytes for its calls may have `next` bytes more, where all runs hold `all`.
// One call of a run is always let through: without it nothing would ever end.
constexpr bool hasRoom(const MemoryBounds& bounds, std::size_t held, std::size_t next, std::size_t all) {
  return held == 0 || (held + next <= bounds.ahead() && all + next <= bounds.aheadOfAll());
}

// Messages of "RunTooLarge".
std::string oneIsTooLarge(const MemoryBounds& bounds, std::size_t bytes);
std::string allAreTooLarge(const MemoryBounds& bounds, std::size_t bytes, std::size_t all);

}  // namespace faasbatch::runs
