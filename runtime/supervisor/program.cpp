#include "runtime/supervisor/program.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/descriptor_limit.h"
#include "lib/net/loop.h"
#include "lib/net/server.h"
#include "lib/telemetry/log.h"
#include "runtime/multiplexer/store.h"
#include "runtime/supervisor/api.h"
#include "runtime/supervisor/pod.h"
#include "runtime/supervisor/problem.h"
#include "runtime/supervisor/reaper.h"
#include "runtime/supervisor/spawn.h"

namespace faasbatch::supervisor {
namespace {

constexpr base::Duration kLastAnswersTime =
    std::chrono::seconds(5);  // for clients to take what is left after a drain

std::string environmentOr(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::filesystem::path programPath() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

std::string libexecOf(const Options& options) {
  if (!options.libexec.empty()) return options.libexec;
  return (programPath().parent_path().parent_path() / "libexec" / "faasbatch").string();
}

// What the pod was made with, for functions that ask for it: names of its own and FAASBATCH_* stay behind.
void passEnvironment(std::vector<std::string>& env) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::string_view name = variable.substr(0, variable.find('='));
    const bool given = std::ranges::any_of(env, [name](const std::string& own) {
      return own.size() > name.size() && own.starts_with(name) && own[name.size()] == '=';
    });
    if (!given && !name.starts_with("FAASBATCH_")) env.emplace_back(variable);
  }
}

// Nothing of the agent's environment reaches a function but this. In a pod of Kubernetes the environment is
// what its manifest and its image say, and is passed on.
PodPrograms podPrograms(const Options& options, const std::string& libexec, const std::string& storeSocket) {
  PodPrograms programs{
      .worker = {}, .native = options.runtime == Runtime::kNative, .unpack = libexec + "/" + kUnpackProgram};
  WorkerCommand& command = programs.worker;
  if (options.runtime == Runtime::kNative) {
    command.argv = {programPath().string(), "native-worker"};
  } else {
    command.argv = {options.python, "-S", libexec + "/python/faasbatch_worker/__main__.py"};
  }
  command.env = {"PATH=" + environmentOr("PATH", "/usr/local/bin:/usr/bin:/bin"),
                 "HOME=" + environmentOr("HOME", "/"), "LANG=" + environmentOr("LANG", "C.UTF-8"),
                 "FAASBATCH_STORE_SOCKET=" + storeSocket};
  if (const char* zone = std::getenv("TZ")) command.env.push_back(std::string("TZ=") + zone);
  if (environmentOr("FAASBATCH_PASS_ENV", "") == "1") passEnvironment(command.env);
  return programs;
}

class Program {
 public:
  Program(net::EventLoop& loop, std::unique_ptr<multiplexer::Store> store, const Options& options,
          const std::string& libexec)
      : loop_(loop),
        reaper_(loop),
        store_(std::move(store)),
        pod_(loop, reaper_, podPrograms(options, libexec, store_->path())),
        api_(pod_, *store_, options.runtime, takeCallerToken()) {}

  base::Result<void> listen(const net::Endpoint& endpoint) {
    net::ServerLimits limits;
    limits.maxBodyBytes = kMaxBatchBytes;
    limits.maxBufferedBytes = kMaxAnswerBytes;
    limits.maxLeavingBytes = kMaxAnswersBytes;
    auto server = net::Server::listen(
        loop_, endpoint, limits,
        [this](net::Request request, net::Responder responder) {
          api_.handle(std::move(request), std::move(responder));
        },
        [](int status, std::string_view reason, std::string_view detail) {
          return problem(status, reason, detail);
        });
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    loop_.onSignals({SIGTERM, SIGINT}, [this](int) { drain(); });
    return {};
  }

  void watchLifeline(int fd) {
    if (fd < 0) return;
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    lifeline_ = net::FdWatch::make(loop_, fd);
    lifeline_->onReadable([this, fd] {
      std::array<char, 256> ignored;
      const ssize_t size = ::read(fd, ignored.data(), ignored.size());
      if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return;
      endNow();
    });
  }

  std::string address() const { return server_->endpoint().describe(); }

  // Kills whatever is left. Nothing of this program runs afterwards but its exit.
  [[noreturn]] void endNow(int status = 0) {
    server_.reset();
    reaper_.killAll();
    pod_.removeFiles();
    store_.reset();
    std::fflush(nullptr);
    ::_exit(status);
  }

 private:
  // A second signal does not wait.
  void drain() {
    if (std::exchange(draining_, true)) endNow();
    telemetry::info("draining", {{"inFlight", pod_.inFlight()}});
    pod_.drain([this] { server_->drain(loop_.now() + kLastAnswersTime, [this] { endNow(); }); });
  }

  net::EventLoop& loop_;
  Reaper reaper_;
  std::unique_ptr<multiplexer::Store> store_;
  Pod pod_;
  Api api_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::FdWatch> lifeline_;
  bool draining_ = false;
};

}  // namespace

int run(const Options& options) {
  // Whoever reads the log may go first; that must not keep this process from cleaning up.
  ::signal(SIGPIPE, SIG_IGN);
  base::raiseDescriptorLimit();  // a child of a zygote takes one each
  // One arena: the memory that a large batch needed is given back.
  ::mallopt(M_ARENA_MAX, 1);
  const std::string libexec = libexecOf(options);
  const auto loop = net::EventLoop::make();
  auto store = multiplexer::Store::listen(*loop, libexec);
  if (!store) {
    telemetry::error("cannot start", {{"error", store.error().message}});
    return 1;
  }
  Program program(*loop, std::move(*store), options, libexec);
  if (auto listening = program.listen(options.listen); !listening) {
    telemetry::error("cannot listen", {{"error", listening.error().message}});
    program.endNow(1);
  }
  program.watchLifeline(options.lifelineFd);
  telemetry::info("listening", {{"address", program.address()}});
  loop->run();
  return 0;
}

}  // namespace faasbatch::supervisor
