// The bytes between a socket and a parser.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace faasbatch::net {

// A flat buffer that is filled at its end and consumed at its front. It grows only on demand and keeps its
// memory.
class ByteBuffer {
 public:
  std::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `atLeast` more bytes. What data() returned before is void.
  std::span<char> prepare(std::size_t atLeast) {
    if (empty()) begin_ = end_ = 0;
    if (capacity_ - end_ < atLeast) makeRoom(atLeast);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // Gives the memory back if it is more than `kept` and nothing is inside.
  void shrink(std::size_t kept) {
    if (!empty() || capacity_ <= kept) return;
    bytes_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  void makeRoom(std::size_t atLeast) {
    const std::size_t held = size();
    if (capacity_ - held >= atLeast) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    } else {
      const std::size_t capacity = std::max(2 * capacity_, held + atLeast);
      auto larger = std::make_unique_for_overwrite<char[]>(capacity);
      if (held > 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
      bytes_ = std::move(larger);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace faasbatch::net
