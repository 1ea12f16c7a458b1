// A TCP port on 127.0.0.1 that nobody uses just now.
#pragma once

#include <cstdint>

#include "lib/testing/namespace.h"

namespace faasbatch::testing {

// Chosen by the kernel and given back: another process may take it before it is used, so callers try again
// with another. 0 if there is none.
std::uint16_t freePort();
inline constexpr int kPortTries = 5;

// Whether something accepts connections there.
bool acceptsConnections(std::uint16_t port);

}  // namespace faasbatch::testing
