#include "runtime/workers/native/zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>

#include "lib/json/write.h"
#include "runtime/protocol/frame.h"
#include "runtime/protocol/send.h"
#include "runtime/workers/native/call.h"
#include "runtime/workers/native/priority.h"

namespace faasbatch::native {
namespace {

using protocol::FrameType;

constexpr int kLowerAgainMs = 150;  // where the kernel did not take it

std::string pidHead(pid_t pid, int status = -1) {
  std::string head;
  json::Object object(head);
  object.number("pid", static_cast<std::int64_t>(pid));
  if (status >= 0) object.number("status", static_cast<std::int64_t>(status));
  object.end();
  return head;
}

// The child: one call, then the end.
[[noreturn]] void serveOneCall(const LoadRequest& load, protocol::UniqueFd passed) {
  // On the number every worker has it on; that also closes the zygote's own socket.
  if (::dup3(passed.get(), protocol::kWorkerFd, O_CLOEXEC) < 0) ::_exit(1);
  passed.reset();
  protocol::FrameReceiver receiver(1);
  faasbatch_result result;
  receiver.receive(protocol::kWorkerFd, [&](protocol::InFrame& frame) {
    if (frame.view.type != FrameType::kCall) return;
    runCall(load, protocol::kWorkerFd, frame, true, result, [](Call*) {});
  });
  std::fflush(nullptr);
  ::_exit(0);
}

class Zygote {
 public:
  Zygote(const LoadRequest& load, int socket) : load_(load), socket_(socket), self_(::getpid()) {
    ::sigemptyset(&childSignal_);
    ::sigaddset(&childSignal_, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &childSignal_, nullptr);
    exits_.reset(::signalfd(-1, &childSignal_, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  void serve() {
    protocol::FrameReceiver receiver(1);
    while (true) {
      pollfd watched[] = {{socket_, POLLIN, 0}, {exits_.get(), POLLIN, 0}};
      if (::poll(watched, 2, lowering_.empty() ? -1 : kLowerAgainMs) < 0 && errno != EINTR) return;
      if (watched[1].revents != 0) reap();
      std::erase_if(lowering_, lowerPriority);
      if (watched[0].revents == 0) continue;
      bool goesOn = false;
      receiver.receive(socket_, [&](protocol::InFrame& frame) { goesOn = handle(frame); });
      if (!goesOn) return;
    }
  }

  void killAll() {
    for (const pid_t child : children_) {
      ::kill(-child, SIGKILL);
      ::kill(child, SIGKILL);
    }
  }

 private:
  bool handle(protocol::InFrame& frame) {
    if (frame.view.type == FrameType::kFork) return fork(frame.view.call, std::move(frame.passed));
    const bool kills = frame.view.type == FrameType::kKill;
    if (!kills && frame.view.type != FrameType::kLower) return false;
    const auto pid = static_cast<pid_t>(protocol::headNumber(frame.view.head, "pid").value_or(0));
    if (!children_.contains(pid)) return true;
    if (kills) {
      ::kill(pid, SIGKILL);
    } else if (!lowerPriority(pid)) {
      lowering_.insert(pid);
    }
    return true;
  }

  bool fork(std::uint32_t call, protocol::UniqueFd passed) {
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != self_) ::_exit(1);
      ::setsid();
      ::sigprocmask(SIG_UNBLOCK, &childSignal_, nullptr);
      exits_.reset();
      serveOneCall(load_, std::move(passed));
    }
    if (pid < 0) {
      const protocol::CallError error{"WorkerCrashed", std::string("fork: ") + std::strerror(errno), "",
                                      false};
      return send(FrameType::kForked, call, protocol::encodeErrorHead(error));
    }
    children_.insert(pid);
    return send(FrameType::kForked, call, pidHead(pid));
  }

  void reap() {
    signalfd_siginfo seen;
    while (::read(exits_.get(), &seen, sizeof seen) > 0) {
    }
    while (true) {
      siginfo_t exited{};
      if (::waitid(P_ALL, 0, &exited, WEXITED | WNOHANG | WNOWAIT) != 0 || exited.si_pid == 0) return;
      // While the child is not reaped its number belongs to nobody else: what is left of its group goes with
      // it.
      ::kill(-exited.si_pid, SIGKILL);
      int status = 0;
      ::waitpid(exited.si_pid, &status, 0);
      lowering_.erase(exited.si_pid);
      if (children_.erase(exited.si_pid) > 0) send(FrameType::kExited, 0, pidHead(exited.si_pid, status));
    }
  }

  bool send(FrameType type, std::uint32_t call, std::string head) {
    return protocol::sendFrame(socket_, {type, call, std::move(head), {}, nullptr, {}});
  }

  const LoadRequest& load_;
  int socket_;
  pid_t self_;
  sigset_t childSignal_{};
  protocol::UniqueFd exits_;
  std::set<pid_t> children_;
  std::set<pid_t> lowering_;
};

}  // namespace

void serveZygote(const LoadRequest& load, int socket) {
  Zygote zygote(load, socket);
  zygote.serve();
  zygote.killAll();
  ::_exit(0);
}

}  // namespace faasbatch::native
