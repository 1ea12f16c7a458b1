#include "lib/base/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <set>
#include <string>

namespace faasbatch::base {
namespace {

std::string readFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t size = 0; (size = ::read(fd, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(size));
  ::close(fd);
  return text;
}

// The next word of `text`, which is taken off; as a number. Nothing at the end, or where it is none.
template <class Number>
std::optional<Number> takeNumber(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// The numbers that are names of entries of a directory.
std::vector<pid_t> numbersIn(const char* path) {
  std::vector<pid_t> found;
  DIR* directory = ::opendir(path);
  if (directory == nullptr) return found;
  while (const dirent* entry = ::readdir(directory)) {
    std::string_view name(entry->d_name);
    if (const auto number = takeNumber<pid_t>(name)) found.push_back(*number);
  }
  ::closedir(directory);
  return found;
}

std::vector<Process> readAll(const std::vector<pid_t>& pids) {
  std::vector<Process> found;
  found.reserve(pids.size());
  for (const pid_t pid : pids) {
    if (const auto process = readProcess(pid)) found.push_back(*process);
  }
  return found;
}

}  // namespace

std::optional<Process> parseProcess(std::string_view stat) {
  // "pid (name) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime
  // cstime priority nice threads itrealvalue starttime ..."
  constexpr int kBetweenSessionAndStart = 15;
  Process process;
  const auto pid = takeNumber<pid_t>(stat);
  const std::size_t nameEnd = stat.rfind(") ");
  if (!pid || nameEnd == std::string_view::npos || stat.size() < nameEnd + 3) return std::nullopt;
  process.pid = *pid;
  process.state = stat[nameEnd + 2];
  stat.remove_prefix(nameEnd + 3);
  const auto parent = takeNumber<pid_t>(stat);
  const auto group = takeNumber<pid_t>(stat);
  const auto session = takeNumber<pid_t>(stat);
  for (int i = 0; i < kBetweenSessionAndStart; ++i) takeNumber<std::int64_t>(stat);
  const auto started = takeNumber<std::uint64_t>(stat);
  if (!parent || !group || !session || !started) return std::nullopt;
  process.parent = *parent;
  process.session = *session;
  process.started = *started;
  return process;
}

std::optional<Process> readProcess(pid_t pid) {
  return parseProcess(readFile("/proc/" + std::to_string(pid) + "/stat"));
}

std::vector<Process> allProcesses() { return readAll(numbersIn("/proc")); }

std::vector<Process> childrenOfSelf() {
  if (::access("/proc/thread-self/children", R_OK) != 0) {  // a kernel without CONFIG_PROC_CHILDREN
    std::vector<Process> found = allProcesses();
    std::erase_if(found, [self = ::getpid()](const Process& process) { return process.parent != self; });
    return found;
  }
  std::vector<pid_t> pids;
  for (const pid_t thread : numbersIn("/proc/self/task")) {
    const std::string text = readFile("/proc/self/task/" + std::to_string(thread) + "/children");
    std::string_view left(text);
    while (const auto pid = takeNumber<pid_t>(left)) pids.push_back(*pid);
  }
  return readAll(pids);
}

std::vector<Process> descendants(std::span<const Process> all, std::span<const pid_t> roots) {
  std::set<pid_t> family(roots.begin(), roots.end());
  std::vector<Process> found;
  for (bool grown = true; grown;) {
    grown = false;
    for (const Process& process : all) {
      if (!family.contains(process.parent) || !family.insert(process.pid).second) continue;
      found.push_back(process);
      grown = true;
    }
  }
  return found;
}

void stopAndKill(std::span<const Process> processes) {
  for (const Process& process : processes) ::kill(process.pid, SIGSTOP);
  for (const Process& process : processes) ::kill(process.pid, SIGKILL);
}

}  // namespace faasbatch::base
