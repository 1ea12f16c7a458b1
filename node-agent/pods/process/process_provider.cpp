#include "node-agent/pods/process/process_provider.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unordered_map>

#include "node-agent/pods/process/orphans.h"
#include "node-agent/pods/process/socket_directory.h"
#include "node-agent/pods/process/spawn.h"
#include "node-agent/pods/process/spawner.h"

namespace faasbatch::pods {
namespace {

// From the socket's file to its listening are a few microseconds; then the program is asked again and again,
// more slowly.
constexpr base::Duration kFirstRetry = std::chrono::microseconds(500);
constexpr base::Duration kLastRetry = std::chrono::milliseconds(20);
constexpr std::string_view kSocketSuffix = ".sock";
constexpr std::string_view kFilesSuffix = ".d";  // the pod's directory for temporary files

struct PodProcess {
  bool started() const { return child.pid > 0; }

  Child child;
  std::unique_ptr<net::FdWatch> watch;
  std::move_only_function<void(base::Result<PodEndpoint>)> ready;  // empty once told
  std::move_only_function<void(std::string)> gone;
  base::Duration retry = kFirstRetry;
  bool ending = false;
};

// What of a function only Kubernetes can give; empty: nothing.
std::string whyNever(const PodRequest& request) {
  if (request.runtime == workflow::Runtime::kContainer)
    return "runtime Container needs Kubernetes; here pods are local processes";
  if (request.spec == nullptr) return {};
  for (const workflow::Binding& binding : request.spec->bindings) {
    if (binding.secretName.empty()) continue;
    return "binding \"" + binding.name + "\": secretRef \"" + binding.secretName +
           "\" needs Kubernetes; give the url here";
  }
  return {};
}

class ProcessProvider final : public Provider {
 public:
  ProcessProvider(net::EventLoop& loop, ProcessOptions options, std::unique_ptr<SocketDirectory> sockets,
                  int lifeline, int lifelineEnd);
  ~ProcessProvider() override;
  void create(const PodRequest& request, std::move_only_function<void(base::Result<PodEndpoint>)> ready,
              std::move_only_function<void(std::string)> gone) override;
  std::optional<Stock> stockFor(const calls::FunctionKey& key,
                                const workflow::FunctionSpec& spec) const override {
    if (!whyNever({.runtime = spec.runtime, .spec = &spec}).empty()) return std::nullopt;  // create() says so
    return Provider::stockFor(key, spec);
  }
  // Pods do not outlive their agent here.
  void discover(std::move_only_function<void(std::vector<FoundPod>)> done) override {
    loop_.post([alive = alive_, done = std::move(done)]() mutable {
      if (*alive) done({});
    });
  }
  void adopt(const std::string& /*name*/, std::move_only_function<void(std::string)> /*gone*/) override {}
  void destroy(const std::string& name, bool force) override;
  void shutdown(std::move_only_function<void()> done) override;

 private:
  Program programFor(const PodRequest& request) const;
  std::vector<std::string> environmentFor(const std::string& name) const;
  void removeFilesOf(const std::string& name);
  void started(const std::string& name, const base::Result<Child>& child);
  void probe(const std::string& name);
  void ended(const std::string& name);
  void refuse(std::move_only_function<void(base::Result<PodEndpoint>)> ready, base::Error error);
  void finishShutdown();

  net::EventLoop& loop_;
  ProcessOptions options_;
  std::unique_ptr<SocketDirectory> sockets_;
  Orphans orphans_;
  int lifeline_;     // read end, given to every pod
  int lifelineEnd_;  // write end, the agent's alone: nothing is ever written
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unordered_map<std::string, PodProcess> pods_;
  std::move_only_function<void()> shutdownDone_;
  bool shuttingDown_ = false;
  std::unique_ptr<Spawner> spawner_;
};

ProcessProvider::ProcessProvider(net::EventLoop& loop, ProcessOptions options,
                                 std::unique_ptr<SocketDirectory> sockets, int lifeline, int lifelineEnd)
    : loop_(loop),
      options_(std::move(options)),
      sockets_(std::move(sockets)),
      orphans_(loop),
      lifeline_(lifeline),
      lifelineEnd_(lifelineEnd),
      spawner_(std::make_unique<Spawner>(loop)) {
  sockets_->onAppeared([this](const std::string& file) {
    if (file.ends_with(kSocketSuffix)) probe(file.substr(0, file.size() - kSocketSuffix.size()));
  });
}

ProcessProvider::~ProcessProvider() {
  *alive_ = false;
  spawner_.reset();
  std::erase_if(pods_, [](const auto& entry) { return !entry.second.started(); });
  for (const auto& [name, pod] : pods_) signalGroup(pod.child, SIGKILL);
  for (auto& [name, pod] : pods_) {
    pod.watch.reset();
    reap(pod.child);
  }
  close(lifeline_);
  close(lifelineEnd_);
}

std::vector<std::string> ProcessProvider::environmentFor(const std::string& name) const {
  std::vector<std::string> all = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                  "LANG=C.UTF-8"};
  for (const char* name : {"HOME", "TZ"}) {
    if (const char* value = std::getenv(name)) all.push_back(std::string(name) + "=" + value);
  }
  all.push_back("TMPDIR=" + sockets_->pathOf(name + std::string(kFilesSuffix)));
  for (const auto& [key, value] : options_.environment) all.emplace_back(key).append("=").append(value);
  return all;
}

Program ProcessProvider::programFor(const PodRequest& request) const {
  Program program{.path = options_.runtime,
                  .arguments = {},
                  .environment = environmentFor(request.name),
                  .lifeline = lifeline_};
  program.arguments = {"--runtime",     request.runtime == workflow::Runtime::kNative ? "Native" : "Python",
                       "--listen",      "unix:" + sockets_->pathOf(request.name + std::string(kSocketSuffix)),
                       "--lifeline-fd", std::to_string(kLifelineFd)};
  if (!options_.python.empty())
    program.arguments.insert(program.arguments.end(), {"--python", options_.python});
  if (!options_.libexec.empty())
    program.arguments.insert(program.arguments.end(), {"--libexec", options_.libexec});
  return program;
}

void ProcessProvider::refuse(std::move_only_function<void(base::Result<PodEndpoint>)> ready,
                             base::Error error) {
  loop_.post([alive = alive_, ready = std::move(ready), error = std::move(error)]() mutable {
    if (*alive) ready(std::unexpected(std::move(error)));
  });
}

void ProcessProvider::create(const PodRequest& request,
                             std::move_only_function<void(base::Result<PodEndpoint>)> ready,
                             std::move_only_function<void(std::string)> gone) {
  if (std::string why = whyNever(request); !why.empty())
    return refuse(std::move(ready), {"LoadFailed", std::move(why)});
  if (shuttingDown_) {
    refuse(std::move(ready), {"NoCapacity", "the agent is shutting down"});
    return;
  }
  // A pod that cannot have it says so itself.
  mkdir(sockets_->pathOf(request.name + std::string(kFilesSuffix)).c_str(), S_IRWXU);
  PodProcess& pod = pods_[request.name];
  pod.ready = std::move(ready);
  pod.gone = std::move(gone);
  spawner_->start(programFor(request),
                  [this, name = request.name](const base::Result<Child>& child) { started(name, child); });
}

// Its socket may be there already, and it may have been asked to end meanwhile.
void ProcessProvider::started(const std::string& name, const base::Result<Child>& child) {
  PodProcess& pod = pods_.at(name);
  if (!child) {
    auto ready = std::move(pod.ready);
    pods_.erase(name);
    removeFilesOf(name);
    ready(std::unexpected(child.error()));
    return finishShutdown();
  }
  pod.child = *child;
  pod.watch = net::FdWatch::make(loop_, child->pidfd);
  pod.watch->onReadable([this, name] { ended(std::string(name)); });
  if (pod.ending) return signalGroup(pod.child, SIGKILL);
  if (access(sockets_->pathOf(name + std::string(kSocketSuffix)).c_str(), F_OK) == 0) probe(name);
}

void ProcessProvider::probe(const std::string& name) {
  const auto found = pods_.find(name);
  if (found == pods_.end() || !found->second.started() || !found->second.ready || found->second.ending)
    return;
  PodProcess& pod = found->second;
  const std::string path = sockets_->pathOf(name + std::string(kSocketSuffix));
  if (listens(path)) {
    auto ready = std::exchange(pod.ready, nullptr);
    ready(PodEndpoint{.endpoint = {.kind = net::Endpoint::Kind::kUnix, .host = {}, .port = 0, .path = path},
                      .token = {}});
    return;
  }
  loop_.after(pod.retry, [this, alive = alive_, name] {
    if (*alive) probe(name);
  });
  pod.retry = std::min(pod.retry * 2, kLastRetry);
}

void ProcessProvider::ended(const std::string& name) {
  const auto found = pods_.find(name);
  if (found == pods_.end()) return;
  PodProcess pod = std::move(found->second);
  pods_.erase(found);
  pod.watch.reset();
  const std::string reason = reap(pod.child);
  orphans_.podEnded();
  removeFilesOf(name);
  if (pod.ready) {
    pod.ready(base::fail("PodLost", "the runtime of pod " + name + " ended before it was ready: " + reason));
  } else {
    pod.gone(reason);
  }
  finishShutdown();
}

// What a pod could not remove itself: usually nothing but two names.
void ProcessProvider::removeFilesOf(const std::string& name) {
  std::error_code ignored;
  std::filesystem::remove(sockets_->pathOf(name + std::string(kSocketSuffix)), ignored);
  std::filesystem::remove_all(sockets_->pathOf(name + std::string(kFilesSuffix)), ignored);
}

void ProcessProvider::destroy(const std::string& name, bool force) {
  const auto found = pods_.find(name);
  if (found == pods_.end()) return;
  PodProcess& pod = found->second;
  if (force || pod.ready) {
    pod.ending = true;
    if (pod.started()) signalGroup(pod.child, SIGKILL);
    return;
  }
  if (std::exchange(pod.ending, true)) return;
  kill(pod.child.pid, SIGTERM);  // the supervisor ends its workers
  loop_.after(options_.endGrace, [this, alive = alive_, name] {
    if (*alive) destroy(name, true);
  });
}

void ProcessProvider::shutdown(std::move_only_function<void()> done) {
  shuttingDown_ = true;
  shutdownDone_ = std::move(done);
  std::vector<std::string> names;
  names.reserve(pods_.size());
  for (const auto& [name, pod] : pods_) names.push_back(name);
  for (const std::string& name : names) destroy(name, false);
  loop_.post([this, alive = alive_] {
    if (*alive) finishShutdown();
  });
}

void ProcessProvider::finishShutdown() {
  if (!shuttingDown_ || !pods_.empty() || !shutdownDone_) return;
  auto done = std::exchange(shutdownDone_, nullptr);
  done();
}

std::string besideOwnExecutable() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "faasbatch-runtime").string();
}

}  // namespace

base::Result<std::unique_ptr<Provider>> makeProcessProvider(net::EventLoop& loop, ProcessOptions options) {
  if (options.runtime.empty()) options.runtime = besideOwnExecutable();
  auto sockets = SocketDirectory::make(loop, options.socketParent);
  if (!sockets) return std::unexpected(sockets.error());
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) < 0) {
    return base::fail("NoCapacity", std::string("cannot make a pipe for the pods: ") + std::strerror(errno));
  }
  return std::make_unique<ProcessProvider>(loop, std::move(options), std::move(*sockets), ends[0], ends[1]);
}

}  // namespace faasbatch::pods
