#include "node-agent/stores/redis_link.h"

#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"

namespace faasbatch::stores {
namespace {

base::Duration retryDelay(int failures) {
  base::Duration delay = kRedisFirstRetry;
  for (int i = 1; i < failures && delay < kRedisLastRetry; ++i) delay *= 2;
  return std::min(delay, kRedisLastRetry);
}

}  // namespace

RedisLink::RedisLink(net::EventLoop& loop, RedisUrl url) : loop_(loop), url_(std::move(url)) {}

RedisLink::~RedisLink() {
  loop_.cancel(deadlineTimer_);
  loop_.cancel(connectTimer_);
  resolution_.reset();
  dropConnection();
  std::vector<Done> all;
  all.reserve(sent_.size() + waiting_.size());
  for (const CommandPtr& command : sent_) all.push_back(take(*command));
  for (const CommandPtr& command : waiting_) all.push_back(take(*command));
  failLater(std::move(all), unavailable("the store is being closed"));
}

base::Error RedisLink::unavailable(const std::string& why) const {
  return {"StoreUnavailable", "the Redis at " + url_.describe() + " does not answer: " + why};
}

void RedisLink::ask(std::string command, base::Instant deadline, Done done) {
  const auto refuse = [&](base::Error error) {
    std::vector<Done> one;
    one.push_back(std::move(done));
    failLater(std::move(one), std::move(error));
  };
  if (state_ == State::kDown) return refuse(lastError_);
  if (waiting_.size() + sent_.size() >= kMaxRedisCommands || bytes_ + command.size() > kMaxRedisBytes) {
    return refuse(unavailable("too many commands wait for it already"));
  }
  bytes_ += command.size();
  const auto added = std::make_shared<Command>(std::make_shared<const std::string>(std::move(command)),
                                               std::move(done), deadline);
  if (deadline != base::Instant::never()) {
    deadlines_.emplace(deadline, added);
    armDeadline();
  }
  if (state_ == State::kUp) return send(added);
  waiting_.push_back(added);
  if (state_ == State::kIdle) connect();
}

void RedisLink::send(const CommandPtr& command) {
  command->sentAt = loop_.now();
  connection_->send(command->bytes);
  sent_.push_back(command);
  if (sent_.size() == 1) armDeadline();
}

void RedisLink::connect() {
  state_ = State::kConnecting;
  connectTimer_ = loop_.after(kRedisConnectTime, [this] {
    connectTimer_ = 0;
    onClosed("no answer within " + std::to_string(kRedisConnectTime.count() / 1'000'000'000) + " s");
  });
  resolution_.emplace(loop_, url_, [this](base::Result<SocketTarget> target) {
    if (!target) return down(target.error());
    connectTo(*target);
  });
}

void RedisLink::connectTo(const SocketTarget& target) {
  connection_ = RedisConnection::connect(loop_, target,
                                         {[this](RedisReply reply) { onReply(std::move(reply)); },
                                          [this](const std::string& why) { onClosed(why); }});
  greet();
}

// Log in, choose the database, and see that it answers at all: a stopped process still accepts connections.
void RedisLink::greet() {
  greetings_ = 0;
  const auto say = [this](const std::vector<std::string_view>& arguments) {
    connection_->send(std::make_shared<const std::string>(encodeCommand(arguments)));
    ++greetings_;
  };
  if (!url_.user.empty()) {
    say({"AUTH", url_.user, url_.password});
  } else if (!url_.password.empty()) {
    say({"AUTH", url_.password});
  }
  const std::string database = std::to_string(url_.database);
  if (url_.database != 0) say({"SELECT", database});
  say({"PING"});
}

void RedisLink::onReply(RedisReply reply) {
  if (state_ == State::kConnecting) return onGreeted(reply);
  if (sent_.empty()) return onClosed("it answered what nobody had asked");
  const CommandPtr command = std::move(sent_.front());
  sent_.pop_front();
  bytes_ -= command->bytes->size();
  if (auto done = take(*command)) done(std::move(reply));
}

void RedisLink::onGreeted(const RedisReply& reply) {
  if (reply.kind == RedisReply::Kind::kError) {
    dropConnection();
    return down(errorOf(reply, "the Redis at " + url_.describe()));
  }
  if (--greetings_ > 0) return;
  loop_.cancel(std::exchange(connectTimer_, 0));
  if (failures_ > 0) telemetry::info("the Redis store answers again", {{"url", url_.describe()}});
  failures_ = 0;
  state_ = State::kUp;
  for (const CommandPtr& command : std::exchange(waiting_, {})) {
    if (command->done) {
      send(command);
    } else {
      bytes_ -= command->bytes->size();
    }
  }
}

void RedisLink::onClosed(const std::string& why) {
  dropConnection();
  const base::Error error = unavailable(why);
  if (state_ != State::kUp) return down(error);
  // What was under way may or may not have been done: it is safe to give it again, once.
  std::deque<CommandPtr> again;
  std::vector<Done> given;
  for (const CommandPtr& command : std::exchange(sent_, {})) {
    if (command->done && !std::exchange(command->sentBefore, true)) {
      again.push_back(command);
    } else {
      bytes_ -= command->bytes->size();
      given.push_back(take(*command));
    }
  }
  failLater(std::move(given), error);
  waiting_.insert(waiting_.begin(), again.begin(), again.end());
  connect();
}

void RedisLink::down(const base::Error& error) {
  loop_.cancel(std::exchange(connectTimer_, 0));
  resolution_.reset();
  state_ = State::kDown;
  lastError_ = error;
  if (failures_++ == 0) telemetry::warning("the Redis store is not available", {{"error", error.message}});
  connectTimer_ = loop_.after(retryDelay(failures_), [this] {
    connectTimer_ = 0;
    connect();
  });
  std::vector<Done> all;
  for (const CommandPtr& command : std::exchange(waiting_, {})) {
    bytes_ -= command->bytes->size();
    all.push_back(take(*command));
  }
  failLater(std::move(all), error);
}

void RedisLink::dropConnection() {
  if (!connection_) return;
  connection_->close();
  // It may be on the stack just now.
  loop_.post([old = std::move(connection_)] {});
  connection_ = nullptr;
}

RedisLink::Done RedisLink::take(Command& command) {
  const auto [begin, end] = deadlines_.equal_range(command.deadline);
  const auto entry =
      std::find_if(begin, end, [&](const auto& pair) { return pair.second.get() == &command; });
  if (entry != end) deadlines_.erase(entry);
  return std::exchange(command.done, nullptr);
}

// In a task of its own: a callback may do anything, even destroy this link.
void RedisLink::failLater(std::vector<Done> all, base::Error error) {
  std::erase_if(all, [](const Done& done) { return done == nullptr; });
  if (all.empty()) return;
  loop_.post([all = std::move(all), error = std::move(error)]() mutable {
    for (Done& done : all) done(std::unexpected(error));
  });
}

// One timer for the earliest deadline and for a server that has gone silent.
void RedisLink::armDeadline() {
  base::Instant next = deadlines_.empty() ? base::Instant::never() : deadlines_.begin()->first;
  if (!sent_.empty()) next = std::min(next, loop_.now() + kRedisStallTime);
  if (next == base::Instant::never() || (deadlineTimer_ != 0 && deadlineTimerAt_ <= next)) return;
  loop_.cancel(deadlineTimer_);
  deadlineTimerAt_ = next;
  deadlineTimer_ = loop_.at(next, [this] { onDeadline(); });
}

void RedisLink::onDeadline() {
  deadlineTimer_ = 0;
  const base::Instant now = loop_.now();
  std::vector<Done> late;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    late.push_back(std::exchange(deadlines_.begin()->second->done, nullptr));
    deadlines_.erase(deadlines_.begin());
  }
  failLater(std::move(late), unavailable("it is slow, the deadline has passed"));
  if (state_ == State::kUp && !sent_.empty() &&
      now - std::max(connection_->lastHeard(), sent_.front()->sentAt) >= kRedisStallTime) {
    onClosed("it has been silent for too long");
  }
  armDeadline();
}

}  // namespace faasbatch::stores
