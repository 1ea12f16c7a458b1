// Lines out of a stream of bytes that is cut anywhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/error.h"

namespace faasbatch::kube {

// An object of etcd's is at most a few MiB, and so is its text.
inline constexpr std::size_t kMaxWatchLineBytes = 16 << 20;

// Each line that is complete is given out once, without its line break ("\n" or "\r\n"), empty ones not at
// all. Memory is that of one line.
class LineCutter {
 public:
  explicit LineCutter(std::size_t maxLineBytes = kMaxWatchLineBytes) : most_(maxLineBytes) {}

  // Calls `take(std::string_view line)` for each; the view is good for that call. `take` answers whether it
  // wants more: after false the rest is dropped, and the cutter must not be fed again. Kind "InvalidResponse"
  // where a line is too long.
  template <class Take>
  base::Result<void> feed(std::string_view data, Take&& take) {
    for (std::size_t end = 0; (end = data.find('\n')) != data.npos; data.remove_prefix(end + 1)) {
      if (end > most_ - begun_.size()) return tooLong();
      const std::string_view part = data.substr(0, end);
      const std::string held = begun_.empty() ? std::string() : std::exchange(begun_, {}) + std::string(part);
      std::string_view line = held.empty() ? part : held;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty() && !take(line)) return {};
    }
    if (data.size() > most_ - begun_.size()) return tooLong();
    begun_ += data;
    return {};
  }

  bool midLine() const { return !begun_.empty(); }  // the stream may not end here

 private:
  base::Result<void> tooLong() const {
    return base::fail("InvalidResponse", "a line is longer than " + std::to_string(most_) + " bytes");
  }

  std::size_t most_;
  std::string begun_;
};

}  // namespace faasbatch::kube
