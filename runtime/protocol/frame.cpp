#include "runtime/protocol/frame.h"

#include <cstring>
#include <string>

namespace faasbatch::protocol {
namespace {

constexpr unsigned char kFlagMemfd = 1;

std::uint32_t readLittle(const char* at, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = (value << 8) | static_cast<unsigned char>(at[i]);
  return value;
}

void writeLittle(char* at, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) at[i] = static_cast<char>(value & 0xff);
}

std::unexpected<base::Error> bad(const std::string& what) { return base::fail("BadFrame", what); }

}  // namespace

base::Result<FrameView> decodeFrame(std::string_view packet) {
  if (packet.size() < kFixedBytes) return bad("a packet of " + std::to_string(packet.size()) + " bytes");
  if (packet.size() > kMaxPacketBytes)
    return bad("a packet over " + std::to_string(kMaxPacketBytes) + " bytes");
  const auto type = static_cast<unsigned char>(packet[0]);
  const auto flags = static_cast<unsigned char>(packet[1]);
  if (type < static_cast<unsigned char>(FrameType::kHello) ||
      type > static_cast<unsigned char>(FrameType::kLower))
    return bad("unknown frame type " + std::to_string(type));
  if ((flags & ~kFlagMemfd) != 0) return bad("unknown flags " + std::to_string(flags));

  FrameView frame;
  frame.type = static_cast<FrameType>(type);
  frame.inMemfd = (flags & kFlagMemfd) != 0;
  const std::size_t headSize = readLittle(packet.data() + 2, 2);
  frame.call = readLittle(packet.data() + 4, 4);
  frame.payloadSize = readLittle(packet.data() + 8, 4);
  if (frame.payloadSize > kMaxPayloadBytes)
    return bad("a payload of " + std::to_string(frame.payloadSize) + " bytes");
  const std::size_t inlineSize = frame.inMemfd ? 0 : frame.payloadSize;
  if (packet.size() != kFixedBytes + headSize + inlineSize) {
    return bad("sizes of " + std::to_string(headSize) + " and " + std::to_string(inlineSize) +
               " in a packet of " + std::to_string(packet.size()) + " bytes");
  }
  frame.head = packet.substr(kFixedBytes, headSize);
  frame.payload = packet.substr(kFixedBytes + headSize);
  return frame;
}

std::array<char, kFixedBytes> encodeFixed(FrameType type, bool inMemfd, std::uint32_t call,
                                          std::size_t headSize, std::size_t payloadSize) {
  std::array<char, kFixedBytes> fixed{};
  fixed[0] = static_cast<char>(type);
  fixed[1] = static_cast<char>(inMemfd ? kFlagMemfd : 0);
  writeLittle(fixed.data() + 2, static_cast<std::uint32_t>(headSize), 2);
  writeLittle(fixed.data() + 4, call, 4);
  writeLittle(fixed.data() + 8, static_cast<std::uint32_t>(payloadSize), 4);
  return fixed;
}

}  // namespace faasbatch::protocol
