#include "runtime/supervisor/reaper.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <thread>

#include "runtime/protocol/unique_fd.h"

namespace faasbatch::supervisor {
namespace {

constexpr int kMaxKillRounds = 2000;
constexpr auto kKillPause = std::chrono::milliseconds(1);

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
};

// /proc/PID/stat: "pid (name) state ppid pgrp session ..."; the name may hold anything, so it is read from
// its end.
bool readStat(const char* pid, Process& process) {
  const std::string path = std::string("/proc/") + pid + "/stat";
  const protocol::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text;
  const ssize_t size = fd ? ::read(fd.get(), text.data(), text.size() - 1) : -1;
  if (size <= 0) return false;
  text[static_cast<std::size_t>(size)] = '\0';
  const char* nameEnd = std::strrchr(text.data(), ')');
  char state = 0;
  int group = 0;
  process.pid = std::atoi(pid);
  return nameEnd != nullptr &&
         std::sscanf(nameEnd + 1, " %c %d %d %d", &state, &process.parent, &group, &process.session) == 4;
}

std::vector<Process> allProcesses() {
  std::vector<Process> found;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return found;
  while (const dirent* entry = ::readdir(directory)) {
    Process process;
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0 && readStat(entry->d_name, process))
      found.push_back(process);
  }
  ::closedir(directory);
  return found;
}

std::vector<Process> descendantsOf(pid_t root) {
  const std::vector<Process> all = allProcesses();
  std::set<pid_t> family{root};
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

}  // namespace

std::string describeExit(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

Reaper::Reaper(net::EventLoop& loop) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  loop.onSignals({SIGCHLD}, [this](int) { reap(); });
}

void Reaper::reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    const auto found = expected_.find(pid);
    if (found == expected_.end()) continue;
    const auto onExit = std::move(found->second);
    expected_.erase(found);
    onExit(status);
  }
}

void Reaper::killLeftBy(pid_t session, bool alone) {
  const pid_t self = ::getpid();
  for (const Process& process : descendantsOf(self)) {
    const bool orphan = process.parent == self && !expected_.contains(process.pid);
    if (process.session == session || (alone && orphan)) ::kill(process.pid, SIGKILL);
  }
}

void Reaper::killAll() {
  expected_.clear();
  // A process that forks faster than it is killed is first stopped: one that is stopped does not fork.
  for (int round = 0; round < kMaxKillRounds; ++round) {
    const auto left = descendantsOf(::getpid());
    for (const Process& process : left) ::kill(process.pid, SIGSTOP);
    for (const Process& process : left) ::kill(process.pid, SIGKILL);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (::waitpid(-1, nullptr, WNOHANG) < 0) return;  // ECHILD: nothing is left
    std::this_thread::sleep_for(kKillPause);
  }
}

}  // namespace faasbatch::supervisor
