// Looks after a Redis that is one agent's own and is replaced together with it (docs/cluster.md): whether it
// still has what earlier processes of the agent stored, that a snapshot is loaded once at most, and that it
// outlives the agent.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "lib/telemetry/metrics.h"

namespace faasbatch::stores {

struct RedisKeeperOptions {
  std::string url;
  // The file that this Redis writes at SIGTERM and loads when it starts. It is deleted once it is loaded, as
  // an older state must never come back after a crash; and when Redis has not answered for `patience` while
  // the file was there: a damaged or too large one would keep Redis from starting for ever. Empty: there is
  // none.
  std::string snapshot;
  base::Duration every = std::chrono::seconds(10);  // it is looked at
  base::Duration patience = std::chrono::seconds(10);
};

inline constexpr base::Duration kFirstLooks = std::chrono::milliseconds(50);  // of awaitRedis(), apart
inline constexpr base::Duration kKeeperAnswerTime = std::chrono::seconds(2);  // for one answer of Redis
inline constexpr base::Duration kRedisStartTime =
    std::chrono::seconds(10);  // in awaitRedis(), without a snapshot
inline constexpr base::Duration kRedisLoadTime =
    std::chrono::seconds(40);  // with one; below the startup probe's

// Loop thread only.
class RedisKeeper {
 public:
  enum class Found {
    kKept,     // it has what was stored since it was first seen, by whatever process
    kEmpty,    // it answers and was never seen before: what others stored is gone
    kLoading,  // it reads its snapshot
    kAway,     // it does not answer
  };
  using News = std::function<void(Found)>;

  // Looks at once and then every now and then; `news` gets what each look finds, and may be empty. That Redis
  // lost its data meanwhile is logged and counted in faasbatch_node_store_losses_total. Kind "InvalidUrl".
  static base::Result<std::unique_ptr<RedisKeeper>> make(net::EventLoop& loop, telemetry::Registry& metrics,
                                                         RedisKeeperOptions options, News news);
  virtual ~RedisKeeper() = default;

  // The agent needs Redis no more. Lets go who waits with `BLPOP faasbatch:left TIME` before it ends Redis,
  // and looks no more. `done` comes after at most kKeeperAnswerTime, not from inside the call.
  virtual void leave(std::move_only_function<void()> done) = 0;
};

// Waits for a first answer, at most kRedisStartTime or kRedisLoadTime; blocks the thread. kKept, kEmpty or
// kAway.
base::Result<RedisKeeper::Found> awaitRedis(const RedisKeeperOptions& options);

}  // namespace faasbatch::stores
