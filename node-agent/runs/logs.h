// The log of a run: what its calls printed, as the lines of the API, bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node-agent/calls/call.h"

namespace faasbatch::runs {

inline constexpr std::size_t kMaxRunLogBytes = 4 << 20;  // then lines are dropped and one says so

class RunLog {
 public:
  void add(const std::string& step, const std::vector<std::uint32_t>& index, std::uint32_t attempt,
           const calls::LogLine& line);
  // Lines of another agent's log, as they are.
  void addLines(std::string_view lines);
  const std::string& jsonLines() const { return text_; }
  std::string take() { return std::move(text_); }
  std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
  bool full_ = false;
};

}  // namespace faasbatch::runs
