// One connection to Redis: bytes out as they fit, replies in as they come.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "lib/net/loop.h"
#include "node-agent/stores/redis_reply.h"
#include "node-agent/stores/resolve.h"

namespace faasbatch::stores {

// Loop thread only. States: connecting, open, closed (for good).
class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  struct Events {
    std::move_only_function<void(RedisReply)> onReply;           // in the order of the commands
    std::move_only_function<void(const std::string&)> onClosed;  // once, unless close() was called: why
  };

  static std::shared_ptr<RedisConnection> connect(net::EventLoop& loop, const SocketTarget& target,
                                                  Events events);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Sent at the end of the turn, together with what else is given in it; kept until the connection is open.
  void send(Bytes command);
  // No event comes any more.
  void close();
  // When the last byte came (or the connection was begun).
  base::Instant lastHeard() const { return lastHeard_; }

 private:
  RedisConnection(net::EventLoop& loop, int fd, Events events);
  void start(bool connected);
  void opened();
  void flushLater();
  void flush();
  void readMore();
  bool deliver();  // false: closed meanwhile
  void fail(const std::string& why);

  net::EventLoop& loop_;
  int fd_;
  Events events_;
  std::unique_ptr<net::FdWatch> watch_;
  RedisReader reader_;
  std::deque<Bytes> out_;
  std::size_t sent_ = 0;  // bytes of out_.front()
  bool open_ = false;
  bool closed_ = false;
  bool flushing_ = false;  // a flush is planned, or waits for the socket
  base::Instant lastHeard_;
};

}  // namespace faasbatch::stores
