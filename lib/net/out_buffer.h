// Bytes on their way to a socket.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace faasbatch::net {

// A queue of pieces: small ones are put together so that they leave in one system call, large ones are kept
// as they are and not copied.
class OutBuffer {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void append(std::string_view bytes);
  void append(std::string&& bytes);
  void append(OutBuffer&& other);  // leaves `other` empty

  enum class Sent { kAll, kWouldBlock, kFailed };
  // Sends to the non-blocking socket `fd` what it takes, with no signal where the peer has gone. `errno`
  // tells why it failed. What was sent leaves the buffer.
  Sent sendTo(int fd);

  // The first bytes, as many as `scratch` has room for, in one piece: where they lie, or else copied into it.
  std::string_view peek(std::span<char> scratch) const;
  void drop(std::size_t bytes);  // the first

 private:
  std::deque<std::string> pieces_;
  std::size_t offset_ = 0;  // of the first piece: sent already
  std::size_t size_ = 0;
};

}  // namespace faasbatch::net
