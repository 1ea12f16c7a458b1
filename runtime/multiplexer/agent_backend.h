// The agent's own store.
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "runtime/multiplexer/backend.h"

namespace faasbatch::multiplexer {

// `url` is an endpoint ("unix:/path", "127.0.0.1:80") that takes GET, PUT and DELETE of /v1/store/KEY, the
// key percent-encoded, the type in `Faasbatch-Value-Type: json|bytes`, the time to live in `Faasbatch-Ttl:
// seconds`. Kind "StoreUnavailable".
base::Result<std::unique_ptr<Backend>> makeAgent(net::EventLoop& loop, const std::string& url,
                                                 const std::string& token);

}  // namespace faasbatch::multiplexer
