// Frames from a socket.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "lib/base/error.h"
#include "runtime/protocol/frame.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::protocol {

// A frame as it came. The views last until the receiver is used again.
struct InFrame {
  FrameView view;
  UniqueFd passed;  // the memfd of the payload, or what Fork carries

  // The payload, wherever it is. Kind "BadFrame".
  base::Result<std::string> payload() const;
};

// Receives frames into buffers of its own, several with one recvmmsg(2). One receiver may serve many sockets,
// one after the other. Not thread-safe. Buffers are mapped at once and take memory as packets touch them.
class FrameReceiver {
 public:
  enum class End {
    kEmpty,   // nothing more for now (a socket that does not block)
    kClosed,  // the peer has gone
    kBad,     // the peer broke the protocol: see error()
    kFull,    // `atOnce` frames were given; there may be more
  };

  explicit FrameReceiver(std::size_t atOnce);
  ~FrameReceiver();
  FrameReceiver(const FrameReceiver&) = delete;
  FrameReceiver& operator=(const FrameReceiver&) = delete;

  // Receives up to `atOnce` frames and gives each to `handler`. Blocks for the first where the socket does.
  // A socket closed while it is read ends kClosed after the frames that came before.
  End receive(int socket, const std::function<void(InFrame&)>& handler);

  const std::string& error() const { return error_; }  // of the last kBad

 private:
  struct Slots;
  base::Result<InFrame> take(std::size_t slot, std::size_t size);

  std::size_t atOnce_;
  char* buffers_;
  Slots* slots_;
  std::string error_;
};

}  // namespace faasbatch::protocol
