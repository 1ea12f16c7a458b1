#include "cli/cluster/port_forward.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace faasbatch::cli {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

std::string findOnPath(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* const variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "";
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, end)) + "/" + name;
    if (end > 0 && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

std::string kubectl() {
  const char* const variable = std::getenv("KUBECTL");
  return findOnPath(variable != nullptr && *variable != '\0' ? variable : "kubectl");
}

void closeFd(int& fd) {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

// Takes what is there. Whether more may come.
bool take(int fd, std::string& text) {
  std::array<char, 4096> bytes{};
  while (true) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got > 0) text.append(bytes.data(), static_cast<std::size_t>(got));
    if (got == 0 || text.size() > kMaxPortForwardOutput) return false;
    if (got < 0 && errno != EINTR) return errno == EAGAIN;
  }
}

std::string lastLine(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

}  // namespace

std::optional<std::uint16_t> forwardedPort(std::string_view output) {
  constexpr std::string_view kBegin = "Forwarding from 127.0.0.1:";
  while (true) {
    const std::size_t end = output.find('\n');
    if (end == output.npos) return std::nullopt;
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end + 1);
    if (!line.starts_with(kBegin)) continue;
    const std::string_view rest = line.substr(kBegin.size());
    std::uint16_t port = 0;
    const auto [behind, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    const auto read = static_cast<std::size_t>(behind - rest.data());
    if (error == std::errc() && port != 0 && rest.substr(read).starts_with(" -> ")) return port;
  }
}

std::vector<std::string> portForwardArguments(const PortForwardOptions& options) {
  std::vector<std::string> all;
  if (!options.kubeconfig.empty()) all.push_back("--kubeconfig=" + options.kubeconfig);
  if (!options.context.empty()) all.push_back("--context=" + options.context);
  all.insert(all.end(), {"--namespace=" + options.nameSpace, "port-forward", "--address=127.0.0.1",
                         "service/" + options.service, ":" + std::to_string(options.port)});
  return all;
}

base::Result<std::unique_ptr<PortForward>> PortForward::start(const PortForwardOptions& options,
                                                              base::Duration time) {
  const std::string program = kubectl();
  if (program.empty()) {
    return base::fail(
        "KubectlNotFound",
        "kubectl is not on PATH: install it, or name it with KUBECTL (it forwards a port to the "
        "gateway)");
  }
  std::unique_ptr<PortForward> forward(new PortForward);
  if (!forward->spawn(program, portForwardArguments(options))) {
    return base::fail("PortForwardFailed", "cannot run " + program + ": " + std::strerror(errno));
  }
  if (auto waited = forward->waitForPort(time); !waited) return std::unexpected(std::move(waited.error()));
  return forward;
}

PortForward::~PortForward() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  closeFd(output_);
  closeFd(errors_);
}

bool PortForward::spawn(const std::string& program, const std::vector<std::string>& arguments) {
  // Everything that allocates comes before the fork: there are other threads.
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  argv.reserve(arguments.size() + 2);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> out{-1, -1};
  std::array<int, 2> err{-1, -1};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return false;
  output_ = out[0];
  const bool both = ::pipe2(err.data(), O_CLOEXEC) == 0;
  errors_ = err[0];
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t parent = ::getpid();
  if (both && nothing >= 0) pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    ::execv(argv[0], argv.data());
    constexpr std::string_view kNotRun = "it cannot be run\n";
    static_cast<void>(!::write(STDERR_FILENO, kNotRun.data(), kNotRun.size()));
    ::_exit(127);
  }
  const int reason = errno;
  for (const int fd : {out[1], err[1], nothing}) {
    if (fd >= 0) ::close(fd);
  }
  for (const int fd : {output_, errors_}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  errno = reason;
  return pid_ > 0;
}

base::Result<void> PortForward::waitForPort(base::Duration time) {
  const SteadyTime end = std::chrono::steady_clock::now() + time;
  std::string output;
  std::string errors;
  const auto fail = [&errors](const std::string& why) {
    const std::string said = lastLine(errors);
    return base::fail("PortForwardFailed", "kubectl port-forward " + why + (said.empty() ? "" : ": " + said));
  };
  bool moreErrors = true;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return fail("did not listen within " + std::to_string(time / std::chrono::seconds(1)) + " s");
    }
    std::array<pollfd, 2> fds{{{output_, POLLIN, 0}, {moreErrors ? errors_ : -1, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return fail("cannot be waited for");
    }
    if (fds[1].revents != 0) moreErrors = take(errors_, errors);
    if (fds[0].revents == 0) continue;
    const bool more = take(output_, output);
    if (const auto port = forwardedPort(output)) {
      port_ = *port;
      return {};
    }
    if (more) continue;
    take(errors_, errors);
    return fail("ended");
  }
}

}  // namespace faasbatch::cli
