// The lines of a batch's answer: docs/runtime-contract.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "runtime/protocol/heads.h"

namespace faasbatch::supervisor {

struct Times {
  std::int64_t queueUs = 0;
  std::int64_t execUs = 0;
  std::int64_t storeUs = 0;
};
std::string millisText(base::Duration d);  // "1500 ms", for messages
inline std::int64_t micros(base::Duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

// Each appends one line with its line break. `output` is checked JSON; it is brought onto one line.
void appendSucceeded(std::string& out, std::string_view id, const Times& times, std::string_view output);
void appendFailed(std::string& out, std::string_view id, const Times& times,
                  const protocol::CallError& error);
void appendLog(std::string& out, std::string_view id, const protocol::LogHead& log, std::string_view text);

}  // namespace faasbatch::supervisor
