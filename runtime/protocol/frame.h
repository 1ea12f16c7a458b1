// Frames between the supervisor and its workers, as bytes: docs/worker-protocol.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::protocol {

enum class FrameType : std::uint8_t {
  kHello = 1,
  kLoad = 2,
  kLoaded = 3,
  kCall = 4,
  kResult = 5,
  kLog = 6,
  kCancel = 7,
  kAbandoned = 8,
  kFork = 9,
  kForked = 10,
  kExited = 11,
  kKill = 12,
  kShared = 13,
  kHeldUp = 14,
  kReturned = 15,
  kPing = 16,
  kLower = 17,
};

inline constexpr int kVersion = 1;                          // what Hello says
inline constexpr std::size_t kFixedBytes = 12;              // the part before the head
inline constexpr std::size_t kMaxPacketBytes = 128 * 1024;  // then the payload goes into a memfd
inline constexpr std::size_t kMaxHeadBytes = 65535;         // headSize has 16 bits
inline constexpr std::size_t kMaxPayloadBytes = 64 << 20;
inline constexpr std::size_t kMaxLogTextBytes = 16 * 1024;
inline constexpr int kWorkerFd = 3;  // where a worker finds its end

// One packet taken apart. The views point into the packet.
struct FrameView {
  FrameType type = FrameType::kHello;
  bool inMemfd = false;  // the payload is not here but in the descriptor that came along
  std::uint32_t call = 0;
  std::uint32_t payloadSize = 0;
  std::string_view head;
  std::string_view payload;  // empty when inMemfd
};

// Takes a packet apart and holds it against every rule of the page: known type and flags, sizes that add up
// to the packet exactly, the bounds above. The head's text is not looked at. Never reads outside `packet`.
// Kind "BadFrame".
base::Result<FrameView> decodeFrame(std::string_view packet);

// The first kFixedBytes of a frame. `headSize` and `payloadSize` are within the bounds above.
std::array<char, kFixedBytes> encodeFixed(FrameType type, bool inMemfd, std::uint32_t call,
                                          std::size_t headSize, std::size_t payloadSize);

}  // namespace faasbatch::protocol
