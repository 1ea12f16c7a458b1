// A lasting link to one Redis: connects, logs in, pipelines commands, keeps deadlines, connects again.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "node-agent/stores/redis_connection.h"
#include "node-agent/stores/redis_url.h"
#include "node-agent/stores/resolve.h"

namespace faasbatch::stores {

inline constexpr std::size_t kMaxRedisCommands = 10'000;               // without a reply yet
inline constexpr std::size_t kMaxRedisBytes = std::size_t{256} << 20;  // of those
inline constexpr base::Duration kRedisConnectTime = std::chrono::seconds(5);
inline constexpr base::Duration kRedisStallTime =
    std::chrono::seconds(10);  // silent so long with commands under way: connect anew
inline constexpr base::Duration kRedisFirstRetry = std::chrono::milliseconds(50);
inline constexpr base::Duration kRedisLastRetry = std::chrono::seconds(1);

// States and where an error leads:
//   idle        nothing was asked yet
//   connecting  commands wait; failure: they fail, down
//   up          commands are sent as they come; a lost connection: connecting, and those without a reply are
//   sent once more down        commands fail at once; connecting again after a back-off
// Commands must be safe to give twice. Loop thread only.
class RedisLink {
 public:
  using Done = std::move_only_function<void(base::Result<RedisReply>)>;

  RedisLink(net::EventLoop& loop, RedisUrl url);
  ~RedisLink();  // commands under way end "StoreUnavailable", in tasks of their own
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // `done` gets the reply, error replies included, or "StoreUnavailable"; never from inside the call.
  void ask(std::string command, base::Instant deadline, Done done);

 private:
  enum class State { kIdle, kConnecting, kUp, kDown };
  struct Command {
    RedisConnection::Bytes bytes;
    Done done;  // empty: given up at its deadline, its reply is dropped
    base::Instant deadline;
    bool sentBefore = false;
    base::Instant sentAt;
  };
  using CommandPtr = std::shared_ptr<Command>;

  void connect();
  void connectTo(const SocketTarget& target);
  void greet();
  void onReply(RedisReply reply);
  void onGreeted(const RedisReply& reply);
  void onClosed(const std::string& why);
  void down(const base::Error& error);
  void send(const CommandPtr& command);
  void dropConnection();
  Done take(Command& command);
  void failLater(std::vector<Done> all, base::Error error);
  void armDeadline();
  void onDeadline();
  base::Error unavailable(const std::string& why) const;

  net::EventLoop& loop_;
  const RedisUrl url_;
  State state_ = State::kIdle;
  std::shared_ptr<RedisConnection> connection_;
  std::optional<Resolution> resolution_;
  std::size_t greetings_ = 0;  // replies of the login that are still to come
  std::deque<CommandPtr> waiting_;
  std::deque<CommandPtr> sent_;  // in the order of their replies
  std::multimap<base::Instant, CommandPtr> deadlines_;
  std::size_t bytes_ = 0;  // of waiting_ and sent_
  base::Error lastError_;
  base::TimerId deadlineTimer_ = 0;
  base::Instant deadlineTimerAt_;
  base::TimerId connectTimer_ = 0;  // end of the attempt, or the next one
  int failures_ = 0;
};

}  // namespace faasbatch::stores
