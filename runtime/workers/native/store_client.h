// A worker's side of the store socket: docs/worker-protocol.md.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::native {

// One connection, made at first use and again after a failure. Blocks, at most kStoreSeconds a call. One
// thread.
class StoreClient {
 public:
  struct Value {
    bool found = false;
    bool isJson = true;
    std::string bytes;
  };

  // `op` is get, put or delete; `bytes` is for put. Kind as the supervisor says, else "StoreUnavailable".
  base::Result<Value> call(std::string_view op, std::string_view key, bool isJson, std::string_view bytes,
                           double ttlSeconds);

 private:
  base::Result<void> connect();
  base::Result<std::string> exchange(std::string_view head, std::string_view bytes);

  protocol::UniqueFd socket_;
};

}  // namespace faasbatch::native
