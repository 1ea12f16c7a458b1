#include "runtime/multiplexer/redis_backend.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/multiplexer/backoff.h"
#include "runtime/multiplexer/redis_connection.h"

namespace faasbatch::multiplexer {
namespace {

std::vector<std::string> wordsOf(StoreRequest& request) {
  switch (request.op) {
    case StoreRequest::Op::kGet:
      return {"GET", std::move(request.key)};
    case StoreRequest::Op::kDelete:
      return {"DEL", std::move(request.key)};
    case StoreRequest::Op::kPut:
      break;
  }
  request.value.insert(0, 1, request.isJson ? 'j' : 'b');
  std::vector<std::string> words{"SET", std::move(request.key), std::move(request.value)};
  if (request.ttlSeconds > 0) {
    constexpr double kMaxMillis = 1e15;
    const double millis = std::clamp(std::ceil(request.ttlSeconds * 1000), 1.0, kMaxMillis);
    words.emplace_back("PX");
    words.push_back(std::to_string(static_cast<std::int64_t>(millis)));
  }
  return words;
}

class RedisBackend final : public Backend {
 public:
  RedisBackend(net::EventLoop& loop, RedisUrl url) : loop_(loop), url_(std::move(url)) {}

  ~RedisBackend() override {
    for (const auto& member : members_) loop_.cancel(member->health);
  }

  void run(StoreRequest request, base::Instant deadline, Done done) override {
    if (underWay() >= kMaxInFlight) return failSoon(std::move(done), "more than 1024 requests are under way");
    Member* member = choose();
    if (member == nullptr) return failSoon(std::move(done), lastError_ + "; it is tried again in a moment");

    // Whichever comes first: the answer or the deadline.
    auto shared = std::make_shared<Done>(std::move(done));
    const auto finish = [shared](base::Result<StoreAnswer> answer) {
      if (*shared) std::exchange(*shared, nullptr)(std::move(answer));
    };
    const base::TimerId timer = loop_.at(deadline, [this, member, finish, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      finish(unavailable("no answer in time"));
      if (owns(member)) member->connection->close("no answer in time");
    });
    const auto op = request.op;
    member->connection->command(wordsOf(request), [this, op, timer, finish](RedisReply reply) {
      loop_.cancel(timer);
      finish(toAnswer(op, std::move(reply)));
    });
  }

  ConnectionCounts counts() const override { return counts_; }

 private:
  struct Member {
    std::unique_ptr<RedisConnection> connection;
    bool open = false;
    base::TimerId health = 0;
  };

  std::size_t underWay() const {
    std::size_t sum = 0;
    for (const auto& member : members_) sum += member->connection->underWay();
    return sum;
  }

  bool owns(const Member* member) const {
    return std::ranges::any_of(members_, [&](const auto& one) { return one.get() == member; });
  }

  // The connection with the least to do; a new one where all are busy or none is there.
  Member* choose() {
    Member* best = nullptr;
    for (const auto& member : members_) {
      if (best == nullptr || member->connection->underWay() < best->connection->underWay())
        best = member.get();
    }
    const bool busy = best == nullptr || best->connection->underWay() >= kBusyRequests;
    if (!busy || members_.size() >= kMaxRedisConnections || !backoff_.mayTry(loop_.now())) return best;
    return open();
  }

  Member* open() {
    auto* member = members_.emplace_back(std::make_unique<Member>()).get();
    member->connection =
        RedisConnection::open(loop_, url_,
                              {[this, member] { onOpened(*member); },
                               [this, member](const std::string& why) { onClosed(*member, why); }});
    return member;
  }

  void onOpened(Member& member) {
    member.open = true;
    ++counts_.open;
    ++counts_.opened;
    backoff_.succeeded();
    checkHealthLater(member);
  }

  void onClosed(Member& member, const std::string& why) {
    if (member.open) --counts_.open;
    ++counts_.failed;
    lastError_ = why;
    backoff_.failed(loop_.now());
    loop_.cancel(member.health);
    std::erase_if(members_, [&](const auto& one) { return one.get() == &member; });
  }

  void checkHealthLater(Member& member) {
    member.health = loop_.after(kPingTime, [this, &member] { checkHealth(member); });
  }

  void checkHealth(Member& member) {
    member.health = loop_.after(
        kPongTime, [&member] { member.connection->close("no answer to a health check in time"); });
    member.connection->command({"PING"}, [this, &member](const RedisReply& reply) {
      if (reply.kind == RedisReply::Kind::kLost) return;
      loop_.cancel(member.health);
      checkHealthLater(member);
    });
  }

  std::unexpected<base::Error> unavailable(const std::string& why) const {
    return base::fail("StoreUnavailable", url_.describe() + ": " + why);
  }

  void failSoon(Done done, const std::string& why) {
    loop_.post([done = std::move(done), error = unavailable(why)]() mutable { done(std::move(error)); });
  }

  base::Result<StoreAnswer> toAnswer(StoreRequest::Op op, RedisReply reply) const {
    if (reply.kind == RedisReply::Kind::kLost) return unavailable("the connection was lost");
    if (reply.kind == RedisReply::Kind::kError) return unavailable(reply.text);
    StoreAnswer answer;
    if (op != StoreRequest::Op::kGet || reply.kind == RedisReply::Kind::kNil) return answer;
    answer.found = true;
    // Somebody else's value under this key has no type byte: it is bytes.
    const bool typed = reply.text.starts_with('j') || reply.text.starts_with('b');
    answer.isJson = reply.text.starts_with('j');
    answer.value = typed ? reply.text.substr(1) : std::move(reply.text);
    return answer;
  }

  net::EventLoop& loop_;
  RedisUrl url_;
  std::vector<std::unique_ptr<Member>> members_;
  Backoff backoff_;
  ConnectionCounts counts_;
  std::string lastError_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

base::Result<std::unique_ptr<Backend>> makeRedis(net::EventLoop& loop, const std::string& url) {
  auto parsed = parseRedisUrl(url);
  if (!parsed) return std::unexpected(parsed.error());
  return std::make_unique<RedisBackend>(loop, std::move(*parsed));
}

}  // namespace faasbatch::multiplexer
