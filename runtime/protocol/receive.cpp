#include "runtime/protocol/receive.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "runtime/protocol/memfd.h"

namespace faasbatch::protocol {
namespace {

// A frame carries one descriptor at most; room for a few more, so that those of a peer that sends several are
// received and closed.
constexpr std::size_t kControlBytes = CMSG_SPACE(4 * sizeof(int));

// The descriptors that came with a message; all of them are ours from here on.
std::vector<UniqueFd> descriptorsOf(msghdr& message) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

struct FrameReceiver::Slots {
  std::vector<mmsghdr> messages;
  std::vector<iovec> parts;
  struct alignas(cmsghdr) Control {
    std::array<char, kControlBytes> bytes;
  };
  std::vector<Control> controls;
};

base::Result<std::string> InFrame::payload() const {
  if (!view.inMemfd) return std::string(view.payload);
  return readSealed(passed.get(), view.payloadSize);
}

FrameReceiver::FrameReceiver(std::size_t atOnce) : atOnce_(atOnce), slots_(new Slots) {
  void* mapped = ::mmap(nullptr, atOnce * kMaxPacketBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  buffers_ = static_cast<char*>(mapped);
  slots_->messages.resize(atOnce);
  slots_->parts.resize(atOnce);
  slots_->controls.resize(atOnce);
}

FrameReceiver::~FrameReceiver() {
  ::munmap(buffers_, atOnce_ * kMaxPacketBytes);
  delete slots_;
}

base::Result<InFrame> FrameReceiver::take(std::size_t slot, std::size_t size) {
  msghdr& message = slots_->messages[slot].msg_hdr;
  std::vector<UniqueFd> fds;
  if (message.msg_controllen > 0) fds = descriptorsOf(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return base::fail("BadFrame", "a packet over " + std::to_string(kMaxPacketBytes) +
                                      " bytes or with too many "
                                      "descriptors");
  auto view = decodeFrame({buffers_ + slot * kMaxPacketBytes, size});
  if (!view) return std::unexpected(view.error());
  const std::size_t expected = view->inMemfd || view->type == FrameType::kFork ? 1 : 0;
  if (fds.size() != expected)
    return base::fail("BadFrame", std::to_string(fds.size()) + " descriptors in a frame of type " +
                                      std::to_string(static_cast<int>(view->type)));
  InFrame frame{*view, {}};
  if (expected == 1) frame.passed = std::move(fds.front());
  return frame;
}

FrameReceiver::End FrameReceiver::receive(int socket, const std::function<void(InFrame&)>& handler) {
  for (std::size_t i = 0; i < atOnce_; ++i) {
    slots_->parts[i] = {buffers_ + i * kMaxPacketBytes, kMaxPacketBytes};
    msghdr& message = slots_->messages[i].msg_hdr;
    message = {};
    message.msg_iov = &slots_->parts[i];
    message.msg_iovlen = 1;
    message.msg_control = slots_->controls[i].bytes.data();
    message.msg_controllen = kControlBytes;
  }
  int count = -1;
  do {
    count = ::recvmmsg(socket, slots_->messages.data(), static_cast<unsigned>(atOnce_),
                       MSG_CMSG_CLOEXEC | MSG_WAITFORONE, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? End::kEmpty : End::kClosed;

  End end = static_cast<std::size_t>(count) == atOnce_ ? End::kFull : End::kEmpty;
  // Everything is taken out of the slots first: a handler that fails must not leave descriptors behind.
  for (int i = 0; i < count; ++i) {
    const std::size_t size = slots_->messages[i].msg_len;
    if (size == 0 && slots_->messages[i].msg_hdr.msg_controllen == 0)
      return end == End::kBad ? end : End::kClosed;
    auto frame = take(static_cast<std::size_t>(i), size);
    if (frame && end != End::kBad) {
      handler(*frame);
    } else if (!frame && end != End::kBad) {
      error_ = frame.error().message;
      end = End::kBad;
    }
  }
  return end;
}

}  // namespace faasbatch::protocol
