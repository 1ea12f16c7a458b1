#include "runtime/supervisor/worker.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "runtime/supervisor/children.h"

namespace faasbatch::supervisor {
namespace {

using protocol::FrameType;

double secondsSinceEpoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

base::Result<std::unique_ptr<Worker>> Worker::start(const WorkerContext& context,
                                                    const std::vector<std::string>& argv,
                                                    const std::vector<std::string>& env) {
  auto spawned = spawn(argv, env);
  if (!spawned) return std::unexpected(spawned.error());
  return std::unique_ptr<Worker>(new Worker(context, std::move(*spawned)));
}

Worker::Worker(const WorkerContext& context, Spawned spawned)
    : context_(context),
      pid_(spawned.pid),
      output_(context.loop, std::move(spawned.output),
              [this](std::string_view text) { onText(protocol::Stream::kStdout, text); }),
      errorOutput_(context.loop, std::move(spawned.errorOutput),
                   [this](std::string_view text) { onText(protocol::Stream::kStderr, text); }) {
  channel_ = std::make_unique<Channel>(
      context_.loop, context_.receiver, std::move(spawned.socket),
      Channel::Events{[this] { readOutput(); }, [this](protocol::InFrame& frame) { onFrame(frame); },
                      [this] { afterFrames(); }, [this](const std::string& reason) { onClosed(reason); }});
  context_.reaper.expect(pid_, [this](int status) { onExit(status); });
}

Worker::~Worker() { context_.loop.cancel(answerTimer_); }

void Worker::onLoadedFrame(const protocol::InFrame& frame) {
  const auto error = protocol::headError(frame.view.head);
  if (!error && children_) children_->forkSpares();
  context_.events.onLoaded(*this, error);
}

void Worker::load(const std::shared_ptr<const std::string>& body, bool forks) {
  if (forks) children_ = std::make_unique<Children>(*this);
  protocol::OutFrame frame{FrameType::kLoad, 0, {}, *body, body, {}};
  channel_->send(std::move(frame));
  channel_->flush();
}

void Worker::startCall(std::uint32_t call, std::string head, std::string_view input,
                       std::shared_ptr<const void> owner, base::Duration slice) {
  running_.emplace(call, false);
  hasServed_ = true;
  if (children_) {
    children_->startCall(call, std::move(head), input, std::move(owner), slice);
  } else {
    channel_->send({FrameType::kCall, call, std::move(head), input, std::move(owner), {}});
  }
}

void Worker::flush() { channel_->flush(); }

void Worker::cancelCall(std::uint32_t call) {
  const auto found = running_.find(call);
  if (found == running_.end() || std::exchange(found->second, true)) return;
  if (children_) {
    children_->cancelCall(call);
  } else {
    channel_->send({FrameType::kCancel, call, "{}", {}, nullptr, {}});
    channel_->flush();
  }
}

void Worker::abandonCall(std::uint32_t call) {
  if (running_.erase(call) == 0) return;
  if (children_) {
    children_->killCall(call);
  } else {
    abandoned_.insert(call);
    channel_->send({FrameType::kCancel, call, "{}", {}, nullptr, {}});
    channel_->flush();
  }
}

void Worker::ask(std::function<void(bool answers)> done) {
  asked_.push_back(std::move(done));
  if (answerTimer_ != 0) return;
  channel_->send({FrameType::kPing, 0, "{}", {}, nullptr, {}});
  channel_->flush();
  answerTimer_ = context_.loop.after(kAnswerTime, [this] { onPing(false); });
}

void Worker::onPing(bool answered) {
  context_.loop.cancel(std::exchange(answerTimer_, 0));
  for (const auto& done : std::exchange(asked_, {})) done(answered);
}

void Worker::onHeldUp(const protocol::InFrame& frame) {
  if (protocol::headNumber(frame.view.head, "heldUp") == 1) {
    const bool known = running_.contains(frame.view.call) || abandoned_.contains(frame.view.call);
    heldUpBy_ = known ? frame.view.call : 0;
  } else {
    heldUpBy_.reset();
    context_.events.onTurns(*this);
  }
}

void Worker::kill() {
  killed_ = true;
  if (!ended_) ::kill(pid_, SIGKILL);
}

void Worker::onFrame(protocol::InFrame& frame) {
  if (!brokenBecause_.empty()) return;
  switch (frame.view.type) {
    case FrameType::kHello:
      if (std::exchange(saidHello_, true)) return breakOff("said Hello twice");
      if (protocol::headNumber(frame.view.head, "version") != protocol::kVersion)
        return breakOff("speaks another version of the worker protocol");
      return context_.events.onHello(*this);
    case FrameType::kLoaded:
      return onLoadedFrame(frame);
    case FrameType::kResult:
      return onResult(frame);
    case FrameType::kLog:
      return onLog(frame);
    case FrameType::kAbandoned:
      return;  // the supervisor counts by its own clock
    case FrameType::kShared:
      return context_.events.onShared(*this, frame.view.head);
    case FrameType::kHeldUp:
      return onHeldUp(frame);
    case FrameType::kReturned:
      if (children_) break;
      if (running_.erase(frame.view.call) > 0) context_.events.onReturned(*this, frame.view.call);
      return;
    case FrameType::kPing:
      return onPing(true);
    case FrameType::kForked:
      if (!children_) break;
      return children_->onForked(frame);
    case FrameType::kExited:
      if (!children_) break;
      return children_->onExited(frame.view.head);
    default:
      break;
  }
  breakOff("sent a frame of type " + std::to_string(static_cast<int>(frame.view.type)) + " out of place");
}

void Worker::onResult(protocol::InFrame& frame) {
  if (!running_.contains(frame.view.call)) {
    abandoned_.erase(frame.view.call);  // the late answer of a call that was given up, or nobody's
    return;
  }
  const auto head = protocol::decodeResultHead(frame.view.head);
  if (!head) return breakOff("sent a result that cannot be read: " + head.error().message);
  Outcome outcome{{head->queueUs, head->execUs, head->storeUs}, head->error, {}};
  std::string large;
  outcome.output = frame.view.payload;
  if (frame.view.inMemfd && !outcome.error) {
    auto payload = frame.payload();
    if (!payload) return breakOff("sent a result that cannot be read: " + payload.error().message);
    large = std::move(*payload);
    outcome.output = large;
  }
  finish(frame.view.call, outcome);
}

void Worker::finish(std::uint32_t call, const Outcome& outcome) {
  if (running_.erase(call) > 0) context_.events.onOutcome(*this, call, outcome);
}

void Worker::onLog(const protocol::InFrame& frame) {
  const auto head = protocol::decodeLogHead(frame.view.head);
  if (!head || frame.view.inMemfd) return breakOff("sent a log that cannot be read");
  context_.events.onLog(*this, running_.contains(frame.view.call) ? frame.view.call : 0, *head,
                        frame.view.payload);
}

// Text that came past the frames: of the only call there is, or of none.
void Worker::onText(protocol::Stream stream, std::string_view text) {
  const std::uint32_t call = running_.size() == 1 && abandoned_.empty() ? running_.begin()->first : 0;
  context_.events.onLog(*this, call, {secondsSinceEpoch(), stream}, text);
}

// What was printed before a result is said before the result.
void Worker::readOutput() {
  output_.drain();
  errorOutput_.drain();
}

void Worker::afterFrames() {
  if (children_) children_->settle();
}

// Usually the process is ending, and how it ends says more than that its socket is closed. One that lives on
// without its socket is of no use.
void Worker::onClosed(const std::string& reason) {
  if (ended_) return;
  if (channel_->brokeProtocol()) return breakOff(reason);
  context_.loop.after(kLastBreath, [this, reason, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && !ended_) breakOff(reason);
  });
}

// The process may be anything but a worker by now: only its end is waited for.
void Worker::breakOff(const std::string& reason) {
  if (brokenBecause_.empty()) brokenBecause_ = reason;
  if (!ended_) ::kill(pid_, SIGKILL);
}

void Worker::onExit(int status) {
  ended_ = true;
  readOutput();
  if (brokenBecause_.empty() && !channel_->closed()) channel_->drain();
  const std::string how =
      "the worker process " + (brokenBecause_.empty() ? howEnded(status) : brokenBecause_);
  if (children_) children_->endAll();
  const bool alone = running_.size() == 1 && abandoned_.empty();
  for (const auto& [call, told] : std::exchange(running_, {})) {
    Outcome outcome;
    outcome.error = protocol::CallError{"WorkerCrashed", how, "", alone};
    context_.events.onOutcome(*this, call, outcome);
  }
  context_.events.onEnded(*this, how);
}

}  // namespace faasbatch::supervisor
