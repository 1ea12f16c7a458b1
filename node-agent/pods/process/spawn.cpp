#include "node-agent/pods/process/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>

#include "lib/base/descriptor_limit.h"

#if defined(__clang__) || defined(__GNUC__)
#define FAASBATCH_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

namespace faasbatch::pods {
namespace {

constexpr std::size_t kChildStackBytes = 64 << 10;  // of the few calls before exec

// What the child needs; it shares the agent's memory until it has called exec, so nothing here may allocate.
struct Start {
  const char* path = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int nullFd = -1;
  int lifeline = -1;
  const rlimit* descriptorLimit = nullptr;  // as it was before the agent raised it
  int error = 0;                            // set by the child where exec fails
};

FAASBATCH_IN_CHILD void resetSignals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

FAASBATCH_IN_CHILD int childMain(void* argument) {
  auto* start = static_cast<Start*>(argument);
  prctl(PR_SET_PDEATHSIG, SIGCONT);  // a stopped one could not see the end of its lifeline
  setsid();
  resetSignals();
  if (start->descriptorLimit != nullptr) setrlimit(RLIMIT_NOFILE, start->descriptorLimit);
  bool ready = dup2(start->nullFd, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
  if (start->lifeline == kLifelineFd) {
    ready = ready && fcntl(kLifelineFd, F_SETFD, 0) == 0;  // dup2 onto itself would keep close-on-exec
  } else if (start->lifeline >= 0) {
    ready = ready && dup2(start->lifeline, kLifelineFd) >= 0;
  }
  close_range(kLifelineFd + 1, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
  if (ready) execve(start->path, start->arguments, start->environment);
  start->error = errno;
  _exit(127);
}

std::vector<char*> pointers(const std::vector<std::string>& texts, const std::string* first) {
  std::vector<char*> all;
  all.reserve(texts.size() + 2);
  if (first != nullptr) all.push_back(const_cast<char*>(first->c_str()));
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

// Those of all providers of this process, as a process has one set of children.
struct Spawned {
  std::mutex mutex;
  std::set<pid_t> pids;
};

Spawned& spawned() {
  static Spawned all;
  return all;
}

base::Error failure(const Program& program, int error) {
  return {"NoCapacity", "cannot start " + program.path + ": " + std::strerror(error)};
}

}  // namespace

base::Result<Child> spawn(const Program& program) {
  const std::vector<char*> arguments = pointers(program.arguments, &program.path);
  const std::vector<char*> environment = pointers(program.environment, nullptr);
  const int nullFd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nullFd < 0) return std::unexpected(failure(program, errno));
  const auto& limit = base::descriptorLimitBefore();
  Start start{.path = program.path.c_str(),
              .arguments = arguments.data(),
              .environment = environment.data(),
              .nullFd = nullFd,
              .lifeline = program.lifeline,
              .descriptorLimit = limit ? &*limit : nullptr};
  const auto stack = std::make_unique_for_overwrite<std::byte[]>(kChildStackBytes);
  // Handlers of the agent must not run in the child while it shares our memory.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Child child;
  {
    const std::lock_guard lock(spawned().mutex);
    child.pid = clone(childMain, stack.get() + kChildStackBytes,
                      CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, &child.pidfd);
    if (child.pid >= 0) spawned().pids.insert(child.pid);
  }
  const int error = child.pid < 0 ? errno : start.error;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(nullFd);
  if (error == 0) return child;
  if (child.pid >= 0) reap(child);
  return std::unexpected(failure(program, error));
}

std::string reap(const Child& child) {
  signalGroup(child, SIGKILL);  // a zombie keeps its id, so the group is still its own
  siginfo_t info{};
  int result = -1;
  do {
    result = waitid(P_PIDFD, static_cast<id_t>(child.pidfd), &info, WEXITED);
  } while (result < 0 && errno == EINTR);
  close(child.pidfd);
  {
    const std::lock_guard lock(spawned().mutex);
    spawned().pids.erase(child.pid);
  }
  if (result < 0) return std::string("it could not be waited for: ") + std::strerror(errno);
  if (info.si_code == CLD_EXITED) return "exit status " + std::to_string(info.si_status);
  const char* name = strsignal(info.si_status);
  return "signal " + std::to_string(info.si_status) + " (" + (name != nullptr ? name : "?") + ")";
}

bool isSpawned(pid_t pid) {
  const std::lock_guard lock(spawned().mutex);
  return spawned().pids.contains(pid);
}

std::size_t spawnedCount() {
  const std::lock_guard lock(spawned().mutex);
  return spawned().pids.size();
}

void signalGroup(const Child& child, int signal) { kill(-child.pid, signal); }

}  // namespace faasbatch::pods
