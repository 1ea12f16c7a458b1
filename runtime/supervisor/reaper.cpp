#include "runtime/supervisor/reaper.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>

#include "lib/base/process_tree.h"

namespace faasbatch::supervisor {
namespace {

constexpr int kMaxKillRounds = 2000;
constexpr auto kKillPause = std::chrono::milliseconds(1);

std::vector<base::Process> family() {
  const pid_t self[] = {::getpid()};
  return base::descendants(base::allProcesses(), self);
}

}  // namespace

std::string describeExit(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

std::string Reaper::describe(int status) {
  const bool memory = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && memoryKills_.take();
  return describeExit(status) + (memory ? ": OOMKilled, the pod's memory limit was reached" : "");
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
  for (const base::Process& process : family()) {
    const bool orphan = process.parent == self && !expected_.contains(process.pid);
    if (process.session == session || (alone && orphan)) ::kill(process.pid, SIGKILL);
  }
}

void Reaper::killAll() {
  expected_.clear();
  for (int round = 0; round < kMaxKillRounds; ++round) {
    base::stopAndKill(family());
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (::waitpid(-1, nullptr, WNOHANG) < 0) return;  // ECHILD: nothing is left
    std::this_thread::sleep_for(kKillPause);
  }
}

}  // namespace faasbatch::supervisor
