// Answers of requests that did not come by a connection of their own.
#pragma once

#include <functional>
#include <optional>

#include "lib/net/server.h"

namespace faasbatch::net {

// A Responder whose whole answer goes to `done`, once: from inside send(), or end() where it was streamed.
// Nothing: it was dropped without an answer, or aborted. Its client never goes: closed() is false, and what
// onClosed() is given is not called.
Responder respondTo(std::move_only_function<void(std::optional<Response>)> done);

}  // namespace faasbatch::net
