// Names of hosts to addresses, without blocking the loop.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "node-agent/stores/redis_url.h"

namespace faasbatch::stores {

struct SocketTarget {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// Destroying it forgets the answer.
class Resolution {
 public:
  using Done = std::function<void(base::Result<SocketTarget>)>;

  // `done` runs on the loop, never from inside the call: at once for addresses and paths; names are asked for
  // on a thread of their own. "StoreUnavailable".
  Resolution(base::Loop& loop, const RedisUrl& url, Done done);
  ~Resolution();
  Resolution(const Resolution&) = delete;
  Resolution& operator=(const Resolution&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace faasbatch::stores
