// Payloads too large for a packet travel in sealed memfds (memfd_create(2), fcntl(2) F_ADD_SEALS).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::protocol {

// A memfd that holds `bytes`, sealed against shrinking, growing and writing. Kind "OutOfMemory".
base::Result<UniqueFd> makeSealed(std::string_view bytes);

// The first `size` bytes of what the peer says is such a memfd. A peer is not trusted: the descriptor must be
// a memfd (nothing else can carry seals, so reading it cannot block) sealed against shrinking and writing,
// and hold `size` bytes. The bytes are read, not mapped: no peer can make the reader die of SIGBUS. Kind
// "BadFrame".
base::Result<std::string> readSealed(int fd, std::size_t size);

}  // namespace faasbatch::protocol
