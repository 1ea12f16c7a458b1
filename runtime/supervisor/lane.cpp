#include "runtime/supervisor/lane.h"

#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "runtime/supervisor/lines.h"

namespace faasbatch::supervisor {

Lane::Lane(WorkerContext context, WorkerCommand command, Events events)
    : context_(context), command_(std::move(command)), events_(std::move(events)) {}

Lane::~Lane() {
  forgetTimer();
  context_.loop.cancel(pause_);
}

void Lane::start() {
  if (stopped_ || current_) return;
  context_.loop.cancel(std::exchange(pause_, 0));
  auto started = Worker::start(context_, command_.argv, command_.env);
  if (!started) return failed({"LoadFailed", started.error().message, "", false});
  current_ = std::move(*started);
  overdue_ = false;
  state_ = State::kStarting;
  expectWithin(kHelloTime);
}

void Lane::load(std::shared_ptr<const std::string> body, bool forks, base::Duration atMost,
                base::Duration spent) {
  body_ = std::move(body);
  forks_ = forks;
  loadTime_ = atMost;
  spent_ = spent;
  failures_ = 0;
  if (!current_) start();
  if (state_ == State::kGeneric) sendLoad();
}

void Lane::sendLoad() {
  state_ = State::kLoading;
  expectWithin(std::max<base::Duration>(loadTime_ - std::exchange(spent_, {}), std::chrono::milliseconds(1)));
  current_->load(body_, forks_);
}

void Lane::onHello(Worker& worker) {
  if (&worker != current_.get()) return;
  forgetTimer();
  state_ = State::kGeneric;
  if (body_) sendLoad();
}

void Lane::onLoaded(Worker& worker, const std::optional<protocol::CallError>& error) {
  if (&worker != current_.get() || state_ != State::kLoading) return;
  forgetTimer();
  if (error) {
    // What has loaded half a module is not used again.
    worker.kill();
    retired_.push_back(std::move(current_));
    state_ = State::kNone;
    return failed(*error);
  }
  failures_ = 0;
  state_ = State::kReady;
  events_.onReady();
}

void Lane::onEnded(Worker& worker, const std::string& how) {
  const bool wasCurrent = &worker == current_.get();
  const State state = state_;
  const pid_t pid = worker.pid();
  // Destroyed in a turn of its own: this is one of its events.
  context_.loop.post([gone = release(worker)] {});
  events_.onWorkerGone(pid);
  if (!wasCurrent || stopped_) return;
  forgetTimer();
  state_ = State::kNone;
  telemetry::warning("worker ended", {{"pid", static_cast<std::int64_t>(pid)}, {"how", how}});
  if (state == State::kLoading && overdue_)
    return failed({"LoadFailed",
                   "the function was not loaded within its " + millisText(loadTime_) +
                       " (does its module block when it is imported?)",
                   "", false});
  if (state == State::kStarting || state == State::kLoading)
    return failed({"LoadFailed",
                   how + (state == State::kLoading ? " while it loaded the function" : " at its start"), "",
                   false});
  // One that ends again and again although nobody asks anything of it is not started in a loop without pause.
  if (!worker.hasServed()) return failed({"LoadFailed", how + " before it had a call", "", false});
  start();
}

// Another try after a pause, or none.
void Lane::failed(const protocol::CallError& error) {
  ++failures_;
  const bool loading = body_ != nullptr;
  const bool final = stopped_ || failures_ >= kMaxStartFailures || (loading && !retries_);
  if (!final) {
    pause_ = context_.loop.after(kFirstPause * (1 << failures_), [this] {
      pause_ = 0;
      start();
    });
  }
  telemetry::warning("worker is not ready",
                     {{"type", error.type}, {"error", error.message}, {"final", final}});
  if (loading) events_.onLoadFailed(error, final);
}

void Lane::retire(Worker& worker) {
  if (&worker != current_.get()) return;
  forgetTimer();
  retired_.push_back(std::move(current_));
  state_ = State::kNone;
  start();
}

void Lane::replaceHeldUp() {
  if (state_ != State::kReady || !current_->heldUpBy() || retired_.size() >= kMaxHeldUpWorkers) return;
  telemetry::warning("worker is held up and replaced",
                     {{"pid", static_cast<std::int64_t>(current_->pid())}, {"calls", current_->living()}});
  retire(*current_);
}

void Lane::killRetiredIfIdle() {
  for (const auto& worker : retired_) {
    if (worker->living() == 0) worker->kill();
  }
}

void Lane::stop() {
  stopped_ = true;
  forgetTimer();
  context_.loop.cancel(std::exchange(pause_, 0));
  if (current_) current_->kill();
  for (const auto& worker : retired_) worker->kill();
}

bool Lane::owns(const Worker& worker) const {
  return &worker == current_.get() ||
         std::ranges::any_of(retired_, [&](const auto& retired) { return retired.get() == &worker; });
}

std::size_t Lane::abandonedThreads() const {
  std::size_t threads = current_ ? current_->abandonedThreads() : 0;
  for (const auto& worker : retired_) threads += worker->abandonedThreads();
  return threads;
}

std::unique_ptr<Worker> Lane::release(Worker& worker) {
  if (&worker == current_.get()) return std::move(current_);
  const auto found =
      std::ranges::find_if(retired_, [&](const auto& retired) { return retired.get() == &worker; });
  auto released = std::move(*found);
  retired_.erase(found);
  return released;
}

void Lane::expectWithin(base::Duration time) {
  forgetTimer();
  patience_ = context_.loop.after(time, [this] {
    patience_ = 0;
    overdue_ = true;
    if (current_) current_->kill();
  });
}

void Lane::forgetTimer() { context_.loop.cancel(std::exchange(patience_, 0)); }

}  // namespace faasbatch::supervisor
