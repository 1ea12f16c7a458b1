#include "lib/net/out_buffer.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace faasbatch::net {
namespace {

constexpr std::size_t kSmall = 16 * 1024;  // up to here copying is cheaper than another element of the vector
constexpr std::size_t kMaxVector = 16;

}  // namespace

void OutBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  if (pieces_.empty() || pieces_.back().size() + bytes.size() > kSmall) {
    pieces_.emplace_back(bytes);
  } else {
    pieces_.back().append(bytes);
  }
}

void OutBuffer::append(std::string&& bytes) {
  const bool fits = !pieces_.empty() && pieces_.back().size() + bytes.size() <= kSmall;
  if (fits || bytes.empty()) return append(std::string_view(bytes));
  size_ += bytes.size();
  pieces_.push_back(std::move(bytes));
}

void OutBuffer::append(OutBuffer&& other) {
  if (other.offset_ > 0) {
    other.pieces_.front().erase(0, other.offset_);
    other.offset_ = 0;
  }
  for (std::string& piece : other.pieces_) append(std::move(piece));
  other.pieces_.clear();
  other.size_ = 0;
}

OutBuffer::Sent OutBuffer::sendTo(int fd) {
  while (size_ > 0) {
    std::array<iovec, kMaxVector> vector{};
    std::size_t count = 0;
    for (; count < std::min(pieces_.size(), kMaxVector); ++count) {
      const std::size_t skip = count == 0 ? offset_ : 0;
      vector[count] = {pieces_[count].data() + skip, pieces_[count].size() - skip};
    }
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      drop(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Sent::kWouldBlock;
    } else if (errno != EINTR) {
      return Sent::kFailed;
    }
  }
  return Sent::kAll;
}

std::string_view OutBuffer::peek(std::span<char> scratch) const {
  std::size_t held = 0;
  std::size_t skip = offset_;
  for (const std::string& piece : pieces_) {
    const std::string_view bytes = std::string_view(piece).substr(skip, scratch.size() - held);
    if (held == 0 && bytes.size() == std::min(size_, scratch.size())) return bytes;
    std::memcpy(scratch.data() + held, bytes.data(), bytes.size());
    held += bytes.size();
    if (held == scratch.size()) break;
    skip = 0;
  }
  return {scratch.data(), held};
}

void OutBuffer::drop(std::size_t bytes) {
  size_ -= bytes;
  while (!pieces_.empty() && bytes >= pieces_.front().size() - offset_) {
    bytes -= pieces_.front().size() - offset_;
    offset_ = 0;
    // The last small piece stays for its memory: the next answer goes there.
    if (pieces_.size() == 1 && pieces_.front().capacity() <= kSmall) {
      pieces_.front().clear();
      return;
    }
    pieces_.pop_front();
  }
  offset_ += bytes;
}

}  // namespace faasbatch::net
