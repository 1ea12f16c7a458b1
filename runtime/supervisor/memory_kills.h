// Whether a process was killed for want of memory: the kernel counts such kills for each cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::supervisor {

// The counter "oom_kill" in the text of memory.events (cgroup v2) or memory.oom_control (v1); nothing where
// there is none. Pure.
std::optional<std::uint64_t> memoryKillsIn(std::string_view text);

// Kills in the cgroup of this process, as far as it can be read. One thread.
class MemoryKills {
 public:
  // `files` in the order in which they are looked for; the default: where a container sees its own cgroup.
  explicit MemoryKills(std::vector<std::string> files = {"/sys/fs/cgroup/memory.events",
                                                         "/sys/fs/cgroup/memory/memory.oom_control"});

  // Whether there has been one that was not taken yet. Each accounts for one process.
  bool take();

 private:
  std::optional<std::uint64_t> count() const;

  std::vector<std::string> files_;
  std::uint64_t taken_ = 0;
};

}  // namespace faasbatch::supervisor
