// One connection to a Redis, pipelined, on the event loop (hiredis behind it).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "runtime/multiplexer/redis_url.h"

namespace faasbatch::multiplexer {

// What a Redis answers: nothing, a text (also a status or a number), or an error.
struct RedisReply {
  enum class Kind { kNil, kText, kError, kLost };
  Kind kind = Kind::kLost;  // kLost: the connection went before the answer
  std::string text;
};

// Loop thread only.
class RedisConnection {
 public:
  using Reply = std::move_only_function<void(RedisReply)>;
  struct Events {
    std::function<void()> onOpened;
    // Once, also when it never opened; commands under way have been answered kLost. Not from within a call.
    std::function<void(const std::string& why)> onClosed;
  };

  // Connects and logs in. The name of a host is looked up on a thread of its own.
  static std::unique_ptr<RedisConnection> open(net::EventLoop& loop, const RedisUrl& url, Events events);
  virtual ~RedisConnection() = default;  // silently closed; commands under way are forgotten

  // Sends a command; answers come in order. Before the connection is open commands wait.
  virtual void command(std::vector<std::string> words, Reply reply) = 0;
  virtual std::size_t underWay() const = 0;
  virtual void close(const std::string& why) = 0;
};

}  // namespace faasbatch::multiplexer
