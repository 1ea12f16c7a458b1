// The supervisor's end of a worker's socket.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "lib/net/loop.h"
#include "runtime/protocol/receive.h"
#include "runtime/protocol/send.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::supervisor {

// Frames in and out without blocking. What the peer does not take waits here in order; how much that can be
// is the owner's bound: it never has more calls under way than its limit. Loop thread only.
class Channel {
 public:
  struct Events {
    std::function<void()> beforeFrames;  // runs when frames have been read, before the first is given
    std::function<void(protocol::InFrame&)> onFrame;
    std::function<void()> afterFrames;  // runs after the last of those that were read together
    // Once, when the peer has gone or broke the protocol (then `reason` says how); nothing comes after it.
    std::function<void(const std::string& reason)> onClosed;
  };

  // `receiver` is shared by all channels of the loop. `socket` does not block.
  Channel(net::EventLoop& loop, protocol::FrameReceiver& receiver, protocol::UniqueFd socket, Events events);

  void send(protocol::OutFrame frame) { outbox_.push_back(std::move(frame)); }
  void flush();  // hands what was sent to the kernel; call it once after a few send()s

  // Gives the frames that have come so far, although the loop has not said so. Not from within onFrame.
  void drain();

  bool closed() const { return closed_; }
  bool brokeProtocol() const { return brokeProtocol_; }
  std::size_t waiting() const { return outbox_.size(); }

 private:
  void readSome(int rounds);
  void close(bool brokeProtocol, const std::string& reason);

  protocol::FrameReceiver& receiver_;
  protocol::UniqueFd socket_;
  Events events_;
  std::deque<protocol::OutFrame> outbox_;
  std::unique_ptr<net::FdWatch> watch_;
  bool waitingForRoom_ = false;
  bool closed_ = false;
  bool brokeProtocol_ = false;
};

}  // namespace faasbatch::supervisor
