// Redis as the store.
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "runtime/multiplexer/backend.h"

namespace faasbatch::multiplexer {

inline constexpr std::size_t kMaxRedisConnections = 4;
inline constexpr std::size_t kBusyRequests = 16;  // under way on every connection: then another is opened
inline constexpr base::Duration kPingTime =
    std::chrono::seconds(10);  // between health checks of an idle connection
inline constexpr base::Duration kPongTime = std::chrono::seconds(2);

// A value is stored as one byte for its type ('j' or 'b') and its bytes under the key as it is, so that one
// SET with its time to live writes all of it. Requests are pipelined over a few connections; one that does
// not answer in time ends its connection; while Redis cannot be reached requests fail at once until the next
// try is due. Kind "StoreUnavailable" for a URL that cannot be read.
base::Result<std::unique_ptr<Backend>> makeRedis(net::EventLoop& loop, const std::string& url);

}  // namespace faasbatch::multiplexer
