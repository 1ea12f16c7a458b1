#include "lib/kube/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "lib/base/descriptor_limit.h"

namespace faasbatch::kube {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
  static Pipe make() {
    std::array<int, 2> ends{-1, -1};
    static_cast<void>(::pipe2(ends.data(), O_CLOEXEC));
    return {Descriptor(ends[0]), Descriptor(ends[1])};
  }
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view old(*entry);
    const std::string_view name = old.substr(0, old.find('=') + 1);
    if (std::ranges::none_of(added, [name](const std::string& e) { return e.starts_with(name); })) {
      all.emplace_back(old);
    }
  }
  all.insert(all.end(), added.begin(), added.end());
  return all;
}

// Between fork and exec: only what is safe after a fork of a program with threads.
[[noreturn]] void become(char* const* argv, char* const* environment, int out, int err, int failed) {
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action.sa_handler = SIG_DFL;  // ours must not run here; what is ignored stays so, as exec has it
    ::sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (const auto& limit = base::descriptorLimitBefore()) ::setrlimit(RLIMIT_NOFILE, &*limit);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0 && ::dup2(nothing, 0) >= 0 && ::dup2(out, 1) >= 0 && ::dup2(err, 2) >= 0) {
    environ = const_cast<char**>(environment);
    ::execvp(argv[0], argv);
  }
  const int error = errno;
  static_cast<void>(!::write(failed, &error, sizeof error));
  ::_exit(127);
}

// Starts it in a session of its own, with the pipes' ends as stdout and stderr, and the limit of descriptors
// that this process had before it raised its own. 0 or an errno.
int spawn(const ProgramCall& call, const Pipe& out, const Pipe& err, pid_t& pid) {
  // Everything that allocates comes before the fork: there are other threads.
  const auto argv = pointers(call.argv);
  const auto environment = environmentWith(call.environment);
  const auto envp = pointers(environment);
  Pipe failed = Pipe::make();
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of ours runs in the child
  pid = ::fork();
  if (pid == 0) become(argv.data(), envp.data(), out.write.get(), err.write.get(), failed.write.get());
  int error = pid < 0 ? errno : 0;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return error;
  failed.write.close();
  ssize_t got = -1;  // nothing: exec has closed it
  while ((got = ::read(failed.read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got != sizeof error) return 0;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return error;
}

// Follows a program that runs.
class Running {
 public:
  Running(const ProgramCall& call, pid_t pid, Pipe out, Pipe err)
      : call_(call), pid_(pid), out_(std::move(out.read)), err_(std::move(err.read)) {
    exit_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    for (const int fd : {out_.get(), err_.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }

  // Why it had to be killed; empty: it ended.
  std::string follow(int stopFd, SteadyTime end) {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        return "it took longer than " + std::to_string(call_.time / std::chrono::seconds(1)) + " s";
      }
      std::array<pollfd, 4> fds{
          {{exit_.get(), POLLIN, 0}, {out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {stopFd, POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
        return "poll failed";
      if (fds[3].revents != 0) return "it was stopped";
      drain(out_, end_.output, call_.maxOutput);
      drain(err_, end_.errors, kMaxProgramErrors);
      if (end_.output.size() > call_.maxOutput) {
        return "it printed more than " + std::to_string(call_.maxOutput) + " bytes";
      }
      // Without a descriptor for its end (an old kernel), the end of its output is taken for it.
      if (exit_.get() < 0 ? out_.get() < 0 && err_.get() < 0 : fds[0].revents != 0) return {};
    }
  }

  void kill() const { ::kill(-pid_, SIGKILL); }  // and what it has started

  ProgramEnd reap() {
    while (::waitpid(pid_, &end_.status, 0) < 0) {
      if (errno == EINTR) continue;
      end_.status = -1;
      break;
    }
    return std::move(end_);
  }

 private:
  // Takes what is there. Of stderr the end is kept; stdout that is too long is noticed by the caller.
  void drain(Descriptor& from, std::string& to, std::size_t most) {
    std::array<char, 4096> bytes{};
    ssize_t got = 0;
    while (from.get() >= 0 && (got = ::read(from.get(), bytes.data(), bytes.size())) > 0) {
      to.append(bytes.data(), static_cast<std::size_t>(got));
      if (&to == &end_.errors && to.size() > most) to.erase(0, to.size() - most);
      if (to.size() > most) return;
    }
    if (got == 0) from.close();
  }

  const ProgramCall& call_;
  pid_t pid_;
  Descriptor out_;
  Descriptor err_;
  Descriptor exit_;
  ProgramEnd end_;
};

}  // namespace

base::Result<ProgramEnd> runProgram(const ProgramCall& call, const std::stop_token& stop) {
  Pipe out = Pipe::make();
  Pipe err = Pipe::make();
  const Descriptor stopped(::eventfd(0, EFD_CLOEXEC));
  pid_t pid = -1;
  if (const int error = spawn(call, out, err, pid); error != 0) {
    const bool missing = error == ENOENT;
    return base::fail(missing ? "ProgramNotFound" : "ProgramFailed", std::generic_category().message(error));
  }
  out.write.close();
  err.write.close();
  const std::stop_callback wake(stop, [fd = stopped.get()] { ::eventfd_write(fd, 1); });
  Running running(call, pid, std::move(out), std::move(err));
  std::string killed = running.follow(stopped.get(), std::chrono::steady_clock::now() + call.time);
  if (!killed.empty()) running.kill();
  ProgramEnd end = running.reap();
  if (!killed.empty()) return base::fail("ProgramFailed", std::move(killed));
  return end;
}

}  // namespace faasbatch::kube
