#include "runtime/supervisor/channel.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

namespace faasbatch::supervisor {
namespace {

constexpr int kRoundsPerTurn = 4;  // then other descriptors get their turn
constexpr int kRoundsOfDrain =
    10'000;  // a process that is dead sends nothing more: its socket ends long before

}  // namespace

Channel::Channel(net::EventLoop& loop, protocol::FrameReceiver& receiver, protocol::UniqueFd socket,
                 Events events)
    : receiver_(receiver),
      socket_(std::move(socket)),
      events_(std::move(events)),
      watch_(net::FdWatch::make(loop, socket_.get())) {
  watch_->onReadable([this] { readSome(kRoundsPerTurn); });
}

void Channel::readSome(int rounds) {
  for (int round = 0; round < rounds && !closed_; ++round) {
    bool first = true;
    const auto end = receiver_.receive(socket_.get(), [&](protocol::InFrame& frame) {
      if (std::exchange(first, false) && events_.beforeFrames) events_.beforeFrames();
      events_.onFrame(frame);
    });
    if (!first) events_.afterFrames();
    if (end == protocol::FrameReceiver::End::kEmpty) return;
    if (end == protocol::FrameReceiver::End::kClosed) return close(false, "closed its connection");
    if (end == protocol::FrameReceiver::End::kBad)
      return close(true, "sent a frame that breaks the protocol: " + receiver_.error());
  }
}

void Channel::drain() { readSome(kRoundsOfDrain); }

void Channel::flush() {
  while (!outbox_.empty() && !closed_ && !waitingForRoom_) {
    // A deque is not contiguous: the frames of one system call are moved to where they are.
    std::vector<protocol::OutFrame> frames;
    const std::size_t count = std::min(outbox_.size(), protocol::kMaxSendAtOnce);
    frames.reserve(count);
    std::move(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(count),
              std::back_inserter(frames));
    const int sent = protocol::sendFrames(socket_.get(), frames);
    const auto taken = static_cast<std::size_t>(std::max(sent, 0));
    std::move(frames.begin() + static_cast<std::ptrdiff_t>(taken), frames.end(),
              outbox_.begin() + static_cast<std::ptrdiff_t>(taken));
    outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(taken));
    if (sent < 0) return;  // the peer has gone: reading says so too
    if (taken < count) {
      waitingForRoom_ = true;
      watch_->onceWritable([this] {
        waitingForRoom_ = false;
        flush();
      });
    }
  }
}

void Channel::close(bool brokeProtocol, const std::string& reason) {
  closed_ = true;
  brokeProtocol_ = brokeProtocol;
  watch_->onReadable(nullptr);
  outbox_.clear();
  events_.onClosed(reason);
}

}  // namespace faasbatch::supervisor
