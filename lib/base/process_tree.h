// Processes of this machine and who is whose child, as Linux's /proc has them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace faasbatch::base {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state = 0;             // 'Z': ended, not waited for
  std::uint64_t started = 0;  // in ticks since boot: with the pid it names a process for good

  friend bool operator==(const Process&, const Process&) = default;
};

// Reads the text of /proc/PID/stat; a program's name in it may hold anything. Pure.
std::optional<Process> parseProcess(std::string_view stat);

// Nothing where there is no such process any more.
std::optional<Process> readProcess(pid_t pid);

std::vector<Process> allProcesses();

// The children of all threads of this process, ended ones too.
std::vector<Process> childrenOfSelf();

// All of `all` that descend from the roots, without the roots. Pure.
std::vector<Process> descendants(std::span<const Process> all, std::span<const pid_t> roots);

// Stops them all, then kills them: one that is stopped cannot fork while its kin is killed.
void stopAndKill(std::span<const Process> processes);

}  // namespace faasbatch::base
