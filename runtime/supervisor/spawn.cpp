#include "runtime/supervisor/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "lib/base/descriptor_limit.h"
#include "runtime/protocol/frame.h"

namespace faasbatch::supervisor {
namespace {

constexpr int kSocketBufferBytes = 1 << 20;  // asked of the kernel, which may give less

std::unexpected<base::Error> failed(const char* what) {
  return base::fail("SpawnFailed", std::string("starting a worker: ") + what + ": " + std::strerror(errno));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// Between fork and exec: only what is safe after a fork of a program with threads.
[[noreturn]] void become(pid_t parent, int socket, int output, int errorOutput, char* const* argv,
                         char* const* env) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (const auto& limit = base::descriptorLimitBefore()) ::setrlimit(RLIMIT_NOFILE, &*limit);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  // Out of the way of the numbers they are to get, then onto those numbers (dup2 drops close-on-exec).
  const int null = ::fcntl(::open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 10);
  socket = ::fcntl(socket, F_DUPFD_CLOEXEC, 10);
  output = ::fcntl(output, F_DUPFD_CLOEXEC, 10);
  errorOutput = ::fcntl(errorOutput, F_DUPFD_CLOEXEC, 10);
  if (::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errorOutput, 2) < 0 ||
      ::dup2(socket, protocol::kWorkerFd) < 0) {
    ::_exit(127);
  }
  ::close_range(protocol::kWorkerFd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(argv[0], argv, env);
  ::_exit(127);
}

bool makePipe(protocol::UniqueFd& readEnd, protocol::UniqueFd& writeEnd) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  readEnd.reset(ends[0]);
  writeEnd.reset(ends[1]);
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

}  // namespace

base::Result<Spawned> spawn(const std::vector<std::string>& argv, const std::vector<std::string>& env) {
  if (::access(argv.front().c_str(), X_OK) != 0) return failed(argv.front().c_str());
  Spawned worker;
  protocol::UniqueFd outputEnd;
  protocol::UniqueFd errorEnd;
  if (!makePipe(worker.output, outputEnd) || !makePipe(worker.errorOutput, errorEnd)) return failed("pipe");
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed("socketpair");
  worker.socket.reset(ends[0]);
  const protocol::UniqueFd workerEnd(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  for (const int end : ends)
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);

  const auto arguments = pointers(argv);
  const auto environment = pointers(env);
  const pid_t parent = ::getpid();
  worker.pid = ::fork();
  if (worker.pid < 0) return failed("fork");
  if (worker.pid == 0)
    become(parent, ends[1], outputEnd.get(), errorEnd.get(), arguments.data(), environment.data());
  return worker;
}

}  // namespace faasbatch::supervisor
