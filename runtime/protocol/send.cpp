#include "runtime/protocol/send.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/protocol/memfd.h"

namespace faasbatch::protocol {
namespace {

// What the kernel needs to see of one frame.
struct Packet {
  std::array<char, kFixedBytes> fixed;
  std::array<iovec, 3> parts;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
  UniqueFd memfd;
};

void attach(Packet& packet, msghdr& message, int fd) {
  message.msg_control = packet.control.data();
  message.msg_controllen = packet.control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
}

bool fill(OutFrame& frame, Packet& packet, msghdr& message) {
  std::string_view inlined = frame.payload;
  const bool large = kFixedBytes + frame.head.size() + frame.payload.size() > kMaxPacketBytes;
  if (large) {
    auto made = makeSealed(frame.payload);
    if (!made) return false;
    packet.memfd = std::move(*made);
    inlined = {};
  }
  packet.fixed = encodeFixed(frame.type, large, frame.call, frame.head.size(), frame.payload.size());
  packet.parts = {{{packet.fixed.data(), packet.fixed.size()},
                   {frame.head.data(), frame.head.size()},
                   {const_cast<char*>(inlined.data()), inlined.size()}}};
  message = {};
  message.msg_iov = packet.parts.data();
  message.msg_iovlen = inlined.empty() ? 2 : 3;
  if (large) {
    attach(packet, message, packet.memfd.get());
  } else if (frame.passed) {
    attach(packet, message, frame.passed.get());
  }
  return true;
}

}  // namespace

int sendFrames(int socket, std::span<OutFrame> frames) {
  std::array<Packet, kMaxSendAtOnce> packets;
  std::array<mmsghdr, kMaxSendAtOnce> messages;
  const std::size_t count = std::min(frames.size(), kMaxSendAtOnce);
  std::size_t filled = 0;
  while (filled < count && fill(frames[filled], packets[filled], messages[filled].msg_hdr)) ++filled;
  if (filled == 0) return count == 0 ? 0 : -1;
  while (true) {
    const int sent = ::sendmmsg(socket, messages.data(), static_cast<unsigned>(filled), MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
  }
}

bool sendFrame(int socket, OutFrame frame) {
  Packet packet;
  msghdr message;
  if (!fill(frame, packet, message)) return false;
  while (true) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

}  // namespace faasbatch::protocol
