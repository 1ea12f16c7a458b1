// An error as a pod says it, bounded.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/json/members.h"
#include "node-agent/calls/call.h"

namespace faasbatch::pods {

// What is longer is cut, between characters. Our runtime keeps to less, an image of the user's own need not.
inline constexpr std::size_t kMaxErrorTypeBytes = 256;
inline constexpr std::size_t kMaxErrorTextBytes = 16 << 10;  // of message and traceback each

// Of an error's `type`, `message` and `traceback`; what is missing, or no text, is empty. Pure.
calls::CallError readError(const std::vector<json::Member>& fields);

}  // namespace faasbatch::pods
