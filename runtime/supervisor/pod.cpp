#include "runtime/supervisor/pod.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/telemetry/log.h"

namespace faasbatch::supervisor {
namespace {

constexpr std::size_t kFramesAtOnce = 16;

}  // namespace

const char* stateName(PodState state) {
  switch (state) {
    case PodState::kGeneric:
      return "Generic";
    case PodState::kInitialising:
      return "Initialising";
    case PodState::kReady:
      return "Ready";
    case PodState::kFailed:
      return "Failed";
    case PodState::kDraining:
      return "Draining";
  }
  return "";
}

Pod::Pod(net::EventLoop& loop, Reaper& reaper, const PodPrograms& programs)
    : loop_(loop),
      reaper_(reaper),
      receiver_(kFramesAtOnce),
      unpackProgram_(programs.unpack),
      native_(programs.native),
      main_({loop, reaper, receiver_, *this}, programs.worker, mainEvents()),
      isolating_({loop, reaper, receiver_, *this}, programs.worker, isolatingEvents()) {
  main_.start();
}

Pod::~Pod() = default;

Lane::Events Pod::mainEvents() {
  return {[this] {
            if (state_ == PodState::kInitialising) {
              state_ = PodState::kReady;
              main_.retryLoads();
              answerInit(std::nullopt);
            }
            settleSoon();
          },
          [this](const protocol::CallError& error, bool final) {
            if (final) failInit(error);
          },
          [this](pid_t pid) { onWorkerGone(pid); }};
}

Lane::Events Pod::isolatingEvents() {
  return {[this] { settleSoon(); },
          [this](const protocol::CallError& error, bool final) {
            if (final) failWaiting(isolatingQueue_, error);
          },
          [this](pid_t pid) { onWorkerGone(pid); }};
}

base::Result<void> Pod::init(InitRequest request, InitDone done) {
  if (draining_) return base::fail("Draining", "the pod is ending and takes no function");
  if (state_ != PodState::kGeneric)
    return base::fail("AlreadyInitialised", "the pod is " + std::string(stateName(state_)) +
                                                " with function " + request_.function + " already");
  request_ = std::move(request);
  initDone_ = std::move(done);
  initStarted_ = loop_.now();
  state_ = PodState::kInitialising;
  request_.archive ? unpack() : loadMain();
  return {};
}

void Pod::unpack() {
  auto directory = PrivateDirectory::make();
  if (!directory) return onUnpacked(std::unexpected(directory.error()));
  directory_ = std::move(*directory);
  unpacking_ = Unpacking::start({loop_, reaper_, receiver_}, unpackProgram_, directory_->path(),
                                std::move(request_.archive), request_.loadTime,
                                [this](const base::Result<void>& result) { onUnpacked(result); });
}

void Pod::onUnpacked(const base::Result<void>& result) {
  loop_.post([gone = std::move(unpacking_)] {});  // this is one of its events
  if (!result) return failInit({result.error().kind, result.error().message, "", false});
  setUnpacked(request_, directory_->path(), native_);
  loadMain();
}

// Loading has what unpacking has left of the time.
void Pod::loadMain() {
  main_.load(std::make_shared<const std::string>(request_.body), request_.mode == Mode::kProcesses,
             request_.loadTime, loop_.now() - initStarted_);
}

void Pod::failInit(const protocol::CallError& error) {
  state_ = PodState::kFailed;
  main_.stop();
  answerInit(error);
  failWaiting(mainQueue_, error);
}

void Pod::answerInit(const std::optional<protocol::CallError>& error) {
  if (!initDone_) return;
  std::exchange(initDone_, nullptr)(error, base::toMillis(loop_.now() - initStarted_));
}

void Pod::loadIsolating() {
  isolating_.load(std::make_shared<const std::string>(bodyFor(request_, Mode::kProcesses)), true,
                  request_.loadTime);
}

void Pod::onWorkerGone(pid_t pid) { reaper_.killLeftBy(pid, main_.workers() + isolating_.workers() == 0); }

void Pod::onHello(Worker& worker) { laneOf(worker).onHello(worker); }

void Pod::onLoaded(Worker& worker, const std::optional<protocol::CallError>& error) {
  laneOf(worker).onLoaded(worker, error);
}

void Pod::onEnded(Worker& worker, const std::string& how) {
  if (worker.crashed()) ++counters_.crashes;
  laneOf(worker).onEnded(worker, how);
  settleSoon();
}

void Pod::onOutcome(Worker& worker, std::uint32_t number, const Outcome& outcome) {
  // The crash of a child; that of a worker is counted once, at its end.
  if (worker.forks() && !worker.ended() && outcome.error && outcome.error->type == "WorkerCrashed")
    ++counters_.crashes;
  end(number, outcome);
  laneOf(worker).killRetiredIfIdle();
}

void Pod::onShared(Worker& worker, std::string_view list) {
  if (main_.owns(worker)) (void)shared_.replace(list);  // a list that is none changes nothing
}

void Pod::onSharedInChild(Worker&, std::string_view list) { (void)shared_.add(list); }

void Pod::onLog(Worker&, std::uint32_t number, const protocol::LogHead& log, std::string_view text) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) {
    const std::string_view kept = unownedLog_.take(text);
    if (!kept.empty())
      telemetry::info("output of no invocation",
                      {{"stream", protocol::streamName(log.stream)}, {"text", kept}});
    return;
  }
  Call& call = found->second;
  // The worker's own word on what it has dropped: once, and short.
  constexpr std::size_t kMaxSystemBytes = 512;
  const bool system = log.stream == protocol::Stream::kSystem;
  if (system && std::exchange(call.saidSystem, true)) return;
  const std::string_view kept = system ? text.substr(0, kMaxSystemBytes) : call.log.take(text);
  if (kept.empty()) return;
  appendLog(call.batch->lines(), call.invocation.id, log, kept);
  touch(call.batch);
}

std::size_t Pod::abandonedThreads() const { return main_.abandonedThreads() + isolating_.abandonedThreads(); }

void Pod::drain(std::move_only_function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  settleSoon();
}

void Pod::removeFiles() { directory_ = nullptr; }

void Pod::stop() {
  main_.stop();
  isolating_.stop();
}

}  // namespace faasbatch::supervisor
