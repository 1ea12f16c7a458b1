// Frames onto a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/protocol/frame.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::protocol {

struct OutFrame {
  FrameType type = FrameType::kHello;
  std::uint32_t call = 0;
  std::string head;                   // at most kMaxHeadBytes
  std::string_view payload;           // at most kMaxPayloadBytes
  std::shared_ptr<const void> owner;  // keeps what `payload` points to
  UniqueFd passed;                    // a descriptor for the peer (Fork); such a frame has no large payload
};

inline constexpr std::size_t kMaxSendAtOnce = 32;

// Sends the first frames of `frames` in one sendmmsg(2), kMaxSendAtOnce at most; a payload that does not fit
// its packet goes into a sealed memfd. The number sent: less than asked where the socket is full (0, errno
// EAGAIN, on a socket that does not block). -1 with errno where the peer has gone or memory is out. Never
// raises SIGPIPE. Thread-safe: a packet is whole or not there.
int sendFrames(int socket, std::span<OutFrame> frames);

// One frame, the same; blocks where the socket does. True when it was sent.
bool sendFrame(int socket, OutFrame frame);

}  // namespace faasbatch::protocol
