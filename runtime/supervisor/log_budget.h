// How much of its output an invocation may log.
#pragma once

#include <cstddef>
#include <string_view>

namespace faasbatch::supervisor {

// Lets the first `maxBytes` through and counts the rest.
class LogBudget {
 public:
  explicit LogBudget(std::size_t maxBytes) : left_(maxBytes) {}

  // The part of `text` that is still within the bound.
  std::string_view take(std::string_view text) {
    const std::string_view kept = text.substr(0, left_);
    left_ -= kept.size();
    dropped_ += text.size() - kept.size();
    return kept;
  }
  std::size_t dropped() const { return dropped_; }

 private:
  std::size_t left_;
  std::size_t dropped_ = 0;
};

}  // namespace faasbatch::supervisor
