#include <string>
#include <utility>

#include "node-agent/stores/key.h"
#include "node-agent/stores/redis_link.h"
#include "node-agent/stores/redis_reply.h"
#include "node-agent/stores/redis_url.h"
#include "node-agent/stores/store.h"
#include "node-agent/stores/store_metrics.h"

namespace faasbatch::stores {
namespace {

// The first byte of a stored value says its type.
constexpr std::string_view kJson = "j";
constexpr std::string_view kBytes = "b";

class RedisStore final : public Store {
 public:
  RedisStore(net::EventLoop& loop, telemetry::Registry& registry, RedisUrl url)
      : loop_(loop),
        where_("the Redis at " + url.describe()),
        metrics_(std::make_shared<StoreMetrics>(registry, "redis")),
        link_(loop, std::move(url)) {}

  std::string kind() const override { return "redis"; }

  void put(const std::string& key, Value value, base::Duration ttl, base::Instant deadline,
           std::move_only_function<void(base::Result<void>)> done) override {
    if (auto ok = checkPut(key, value); !ok) return refuse(std::move(done), ok.error());
    // The value last, behind its type: PSETEX has that order, SET ... PX has not.
    const std::string_view type = value.type == "json" ? kJson : kBytes;
    const std::string millis = std::to_string((ttl.count() + 999'999) / 1'000'000);
    auto command = ttl.count() > 0 ? encodeCommand({"PSETEX", key, millis, value.bytes}, type)
                                   : encodeCommand({"SET", key, value.bytes}, type);
    ask<void>(Operation::kPut, std::move(command), deadline, std::move(done),
              [this](const RedisReply& reply) {
                return reply.kind == RedisReply::Kind::kStatus ? base::Result<void>() : unexpectedReply();
              });
  }

  void get(const std::string& key, base::Instant deadline,
           std::move_only_function<void(base::Result<std::optional<Value>>)> done) override {
    if (auto ok = checkKey(key); !ok) return refuse(std::move(done), ok.error());
    ask<std::optional<Value>>(Operation::kGet, encodeCommand({"GET", key}), deadline, std::move(done),
                              [this](RedisReply& reply) { return valueOf(reply); });
  }

  void remove(std::vector<std::string> keys, base::Instant deadline,
              std::move_only_function<void(base::Result<void>)> done) override {
    std::vector<std::string_view> arguments = {"UNLINK"};
    for (const std::string& key : keys) {
      if (auto ok = checkKey(key); !ok) return refuse(std::move(done), ok.error());
      arguments.push_back(key);
    }
    if (keys.empty()) return loop_.post([done = std::move(done)]() mutable { done({}); });
    ask<void>(Operation::kRemove, encodeCommand(arguments), deadline, std::move(done),
              [this](const RedisReply& reply) {
                return reply.kind == RedisReply::Kind::kInteger ? base::Result<void>() : unexpectedReply();
              });
  }

 private:
  template <class Done>
  void refuse(Done done, base::Error error) {
    loop_.post([done = std::move(done), error = std::move(error)]() mutable {
      done(std::unexpected(std::move(error)));
    });
  }

  template <class T, class Convert>
  void ask(Operation operation, std::string command, base::Instant deadline,
           std::move_only_function<void(base::Result<T>)> done, Convert convert) {
    const base::Instant start = loop_.now();
    link_.ask(std::move(command), deadline,
              [this, &loop = loop_, metrics = metrics_, operation, start, done = std::move(done),
               convert](base::Result<RedisReply> reply) mutable {
                // Where there is no reply, the store may be gone: nothing of it is touched.
                base::Result<T> result = !reply ? base::Result<T>(std::unexpected(reply.error()))
                                         : reply->kind == RedisReply::Kind::kError
                                             ? base::Result<T>(std::unexpected(errorOf(*reply, where_)))
                                             : convert(*reply);
                metrics->count(operation, result.has_value(), loop.now() - start);
                done(std::move(result));
              });
  }

  std::unexpected<base::Error> unexpectedReply() const {
    return base::fail("StoreUnavailable", where_ + " gives an answer that does not fit: is it a Redis?");
  }

  base::Result<std::optional<Value>> valueOf(RedisReply& reply) const {
    if (reply.kind == RedisReply::Kind::kNull) return std::nullopt;
    if (reply.kind != RedisReply::Kind::kText) return unexpectedReply();
    const bool json = reply.text.starts_with(kJson);
    if (!json && !reply.text.starts_with(kBytes)) {
      return base::fail("StoreUnavailable",
                        where_ + " holds a value that this store has not written: use a database of its own");
    }
    reply.text.erase(0, 1);
    return Value{std::move(reply.text), json ? "json" : "bytes"};
  }

  net::EventLoop& loop_;
  const std::string where_;
  const std::shared_ptr<StoreMetrics> metrics_;  // counts those that end when the store is gone, too
  RedisLink link_;
};

}  // namespace

base::Result<std::unique_ptr<Store>> makeRedisStore(net::EventLoop& loop, telemetry::Registry& metrics,
                                                    const std::string& url) {
  auto parsed = RedisUrl::parse(url);
  if (!parsed) return std::unexpected(parsed.error());
  return std::make_unique<RedisStore>(loop, metrics, std::move(*parsed));
}

}  // namespace faasbatch::stores
