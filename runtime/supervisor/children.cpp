#include "runtime/supervisor/children.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "lib/json/write.h"

namespace faasbatch::supervisor {

using protocol::FrameType;

Children::Children(Worker& zygote) : zygote_(zygote) {}
Children::~Children() = default;

Children::Child* Children::find(std::uint32_t call) {
  for (const auto& child : children_) {
    if (child->call == call && !child->ended) return child.get();
  }
  return nullptr;
}

Children::Child* Children::findFork(std::uint32_t fork) {
  for (const auto& child : children_) {
    if (child->fork == fork) return child.get();
  }
  return nullptr;
}

void Children::forkSpares() {
  const auto spares = static_cast<std::size_t>(
      std::ranges::count_if(children_, [](const auto& child) { return child->call == 0 && !child->ended; }));
  for (std::size_t i = spares; i < kSpareChildren; ++i) forkOne();
}

// Asks for a child and gives it its socket; what is sent there waits until the child is there to read it.
// Nothing where no descriptors are left.
Children::Child* Children::forkOne() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return nullptr;
  auto& child = *children_.emplace_back(std::make_unique<Child>());
  child.fork = ++lastFork_;
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  Child* self = &child;
  child.channel = std::make_unique<Channel>(
      zygote_.context_.loop, zygote_.context_.receiver, protocol::UniqueFd(ends[0]),
      Channel::Events{[this] { zygote_.readOutput(); },
                      [this, self](protocol::InFrame& f) { onFrame(*self, f); }, [] {},
                      [this, self](const std::string& reason) { onClosed(*self, reason); }});
  zygote_.channel_->send({FrameType::kFork, child.fork, "{}", {}, nullptr, protocol::UniqueFd(ends[1])});
  zygote_.channel_->flush();
  return self;
}

void Children::startCall(std::uint32_t call, std::string head, std::string_view input,
                         std::shared_ptr<const void> owner, base::Duration slice) {
  const auto spare = std::ranges::find_if(children_, [](const auto& child) {
    return child->call == 0 && !child->ended && child->brokenBecause.empty();
  });
  Child* child = spare != children_.end() ? spare->get() : forkOne();
  if (child == nullptr) {
    // Reported in a turn of its own: the caller is in the middle of starting calls.
    zygote_.context_.loop.post([this, alive = std::weak_ptr(alive_), call] {
      Outcome outcome;
      outcome.error =
          protocol::CallError{"WorkerCrashed", "no descriptor was left for the call's process", "", false};
      if (!alive.expired()) zygote_.finish(call, outcome);
    });
    return;
  }
  child->call = call;
  child->channel->send({FrameType::kCall, call, std::move(head), input, std::move(owner), {}});
  child->channel->flush();
  if (slice.count() > 0) beginSlice(*child, slice);
  forkSpares();
}

void Children::cancelCall(std::uint32_t call) {
  Child* child = find(call);
  if (child == nullptr) return;
  child->channel->send({FrameType::kCancel, call, "{}", {}, nullptr, {}});
  child->channel->flush();
}

void Children::killCall(std::uint32_t call) {
  Child* child = find(call);
  if (child == nullptr) return;
  child->ended = true;
  kill(*child);
}

void Children::kill(Child& child) {
  if (child.pid == 0) {
    child.killWhenForked = true;
    return;
  }
  tellZygote(FrameType::kKill, child);
}

void Children::tellZygote(FrameType what, const Child& child) {
  std::string head;
  json::Object(head).number("pid", static_cast<std::int64_t>(child.pid)).end();
  zygote_.channel_->send({what, 0, std::move(head), {}, nullptr, {}});
  zygote_.channel_->flush();
}

void Children::onFrame(Child& child, protocol::InFrame& frame) {
  if (!child.brokenBecause.empty()) return;
  if (frame.view.type == FrameType::kShared &&
      child.call != 0)  // after its result, so that no call waits for it
    return zygote_.context_.events.onSharedInChild(zygote_, frame.view.head);
  if (child.ended) return;
  switch (frame.view.type) {
    case FrameType::kResult:
      if (frame.view.call != child.call) return;  // not its own
      child.ended = true;
      watchEnd(child.fork);
      return zygote_.onResult(frame);
    case FrameType::kLog:
      if (frame.view.call != child.call) return;
      return zygote_.onLog(frame);
    case FrameType::kHello:
    case FrameType::kAbandoned:
    case FrameType::kShared:
      return;
    default:
      breakOff(child, "sent a frame out of place");
  }
}

// As Worker::onClosed().
void Children::onClosed(Child& child, const std::string& reason) {
  if (child.channel->brokeProtocol()) return breakOff(child, reason);
  zygote_.context_.loop.after(kLastBreath, [this, alive = std::weak_ptr(alive_), fork = child.fork, reason] {
    if (alive.expired()) return;
    if (Child* closed = findFork(fork)) breakOff(*closed, reason);
  });
}

void Children::breakOff(Child& child, const std::string& reason) {
  if (child.brokenBecause.empty()) child.brokenBecause = reason;
  kill(child);
}

// A child that has answered but does not end is ended.
void Children::watchEnd(std::uint32_t fork) {
  zygote_.context_.loop.after(kChildEndTime, [this, alive = std::weak_ptr(alive_), fork] {
    if (alive.expired()) return;
    if (Child* child = findFork(fork)) kill(*child);
  });
}

void Children::onForked(const protocol::InFrame& frame) {
  Child* child = findFork(frame.view.call);
  if (child == nullptr) return;
  if (const auto error = protocol::headError(frame.view.head)) {
    child->brokenBecause = "could not be forked: " + error->message;
    exits_.emplace_back(-static_cast<pid_t>(child->fork), 0);
    return;
  }
  child->pid = static_cast<pid_t>(protocol::headNumber(frame.view.head, "pid").value_or(0));
  if (child->killWhenForked) kill(*child);
}

void Children::onExited(std::string_view head) {
  const auto pid = protocol::headNumber(head, "pid");
  const auto status = protocol::headNumber(head, "status");
  if (pid && status) exits_.emplace_back(static_cast<pid_t>(*pid), static_cast<int>(*status));
}

void Children::settle() {
  for (const auto& [pid, status] : std::exchange(exits_, {})) {
    const auto found = std::ranges::find_if(children_, [pid = pid](const auto& child) {
      return pid > 0 ? child->pid == pid : child->fork == static_cast<std::uint32_t>(-pid);
    });
    if (found == children_.end()) continue;
    const std::unique_ptr<Child> child = std::move(*found);
    children_.erase(found);
    if (child->brokenBecause.empty()) child->channel->drain();
    if (!child->ended)
      crash(*child, "the process of the call " +
                        (child->brokenBecause.empty() ? zygote_.howEnded(status) : child->brokenBecause));
  }
}

// Nothing for a child whose call has had its outcome, or that had no call.
void Children::crash(Child& child, const std::string& how) {
  if (child.call == 0) return;
  child.ended = true;
  Outcome outcome;
  outcome.error = protocol::CallError{"WorkerCrashed", how, "", true};
  zygote_.finish(child.call, outcome);
}

void Children::endAll() {
  settle();
  for (const auto& child : children_) {
    if (child->brokenBecause.empty() && !child->channel->closed()) child->channel->drain();
  }
  children_.clear();
}

}  // namespace faasbatch::supervisor
