// Messages on the store socket: docs/worker-protocol.md, "The store".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "runtime/multiplexer/backend.h"

namespace faasbatch::multiplexer {

inline constexpr std::size_t kSizeBytes = 4;               // before every message, little-endian
inline constexpr std::size_t kMaxMessageBytes = 64 << 20;  // of what follows the size
inline constexpr std::size_t kMaxKeyBytes = 1024;          // with the prefix of the store

std::size_t decodeSize(std::string_view fourBytes);

// 1 to kMaxKeyBytes bytes, no control characters. Kind "InvalidKey".
base::Result<void> checkKey(std::string_view key);

// A message without its size. Any bytes are answered; kinds "InvalidRequest", "InvalidKey".
base::Result<StoreRequest> decodeRequest(std::string_view message);

// A whole answer with its size.
std::string encodeAnswer(const base::Result<StoreAnswer>& answer);

}  // namespace faasbatch::multiplexer
