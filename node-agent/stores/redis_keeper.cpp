#include "node-agent/stores/redis_keeper.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/stores/redis_link.h"
#include "node-agent/stores/redis_reply.h"
#include "node-agent/stores/redis_url.h"

namespace faasbatch::stores {
namespace {

using Found = RedisKeeper::Found;

// No other key begins so: runs' begin with "fb:", functions' with the name of a namespace and a '/'.
constexpr std::string_view kMark = "faasbatch:mark";  // there as long as Redis keeps its data
constexpr std::string_view kLeft = "faasbatch:left";  // a list; an element says that the agent has left
constexpr std::string_view kLeftMillis = "60000";

bool exists(const std::string& file) { return !file.empty() && access(file.c_str(), F_OK) == 0; }

Found foundBy(const base::Result<RedisReply>& reply) {
  if (!reply) return Found::kAway;
  if (reply->kind == RedisReply::Kind::kNull) return Found::kEmpty;
  if (reply->kind == RedisReply::Kind::kError)
    return reply->text.starts_with("LOADING") ? Found::kLoading : Found::kAway;
  return Found::kKept;
}

class KeeperImpl final : public RedisKeeper {
 public:
  KeeperImpl(net::EventLoop& loop, telemetry::Registry& metrics, RedisKeeperOptions options, RedisUrl url,
             News news)
      : loop_(loop),
        options_(std::move(options)),
        news_(std::move(news)),
        losses_(metrics.counter("faasbatch_node_store_losses_total",
                                "Times the node's Redis was found without what it had held.")),
        link_(loop, std::move(url)) {
    look();
  }
  ~KeeperImpl() override { loop_.cancel(timer_); }

  void leave(std::move_only_function<void()> done) override {
    left_ = true;
    loop_.cancel(std::exchange(timer_, 0));
    ask({"RPUSH", kLeft, "1"}, [](const auto&) {});
    ask({"PEXPIRE", kLeft, kLeftMillis}, [done = std::move(done)](const auto&) mutable { done(); });
  }

 private:
  void ask(const std::vector<std::string_view>& command, RedisLink::Done done) {
    link_.ask(
        encodeCommand(command), loop_.now() + kKeeperAnswerTime,
        [alive = std::weak_ptr(alive_), done = std::move(done)](base::Result<RedisReply> reply) mutable {
          if (!alive.expired()) done(std::move(reply));
        });
  }

  void look() {
    timer_ = 0;
    ask({"GET", kMark}, [this](const base::Result<RedisReply>& reply) {
      if (left_) return;
      timer_ = loop_.after(options_.every, [this] { look(); });
      seen(foundBy(reply));
    });
  }

  void seen(Found found) {
    switch (found) {
      case Found::kEmpty:
        if (known_) {
          losses_.add();
          telemetry::error(
              "the node's Redis has lost what it held: steps that need an output of it fail "
              "StoreUnavailable",
              {{"lost", "all stored outputs of this node"}});
        }
        ask({"SET", kMark, "1"}, [](const auto&) {});
        [[fallthrough]];
      case Found::kKept:
        if (!known_) ask({"DEL", kLeft}, [](const auto&) {});  // what an earlier process said
        known_ = true;
        if (exists(options_.snapshot)) discard();
        [[fallthrough]];
      case Found::kLoading:
        awaySince_.reset();
        break;
      case Found::kAway:
        if (!awaySince_) awaySince_ = loop_.now();
        if (loop_.now() - *awaySince_ < options_.patience || !exists(options_.snapshot)) break;
        telemetry::error(
            "the node's Redis does not start with its snapshot, which is deleted: it starts empty",
            {{"file", options_.snapshot}});
        discard();
        awaySince_.reset();
    }
    if (news_) news_(found);
  }

  void discard() {
    if (unlink(options_.snapshot.c_str()) == 0 || errno == ENOENT) return;
    telemetry::error("the snapshot of the node's Redis cannot be deleted",
                     {{"file", options_.snapshot}, {"why", std::strerror(errno)}});
  }

  net::EventLoop& loop_;
  const RedisKeeperOptions options_;
  const News news_;
  telemetry::Counter& losses_;
  bool known_ = false;  // it has answered
  bool left_ = false;
  std::optional<base::Instant> awaySince_;
  base::TimerId timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  RedisLink link_;
};

}  // namespace

base::Result<std::unique_ptr<RedisKeeper>> RedisKeeper::make(net::EventLoop& loop,
                                                             telemetry::Registry& metrics,
                                                             RedisKeeperOptions options, News news) {
  auto url = RedisUrl::parse(options.url);
  if (!url) return std::unexpected(url.error());
  return std::make_unique<KeeperImpl>(loop, metrics, std::move(options), std::move(*url), std::move(news));
}

base::Result<Found> awaitRedis(const RedisKeeperOptions& options) {
  const auto loop = net::EventLoop::make();
  telemetry::Registry unseen;
  RedisKeeperOptions often = options;
  often.every = kFirstLooks;
  Found last = Found::kAway;
  auto keeper = RedisKeeper::make(*loop, unseen, std::move(often), [&](Found found) {
    last = found;
    if (found == Found::kKept || found == Found::kEmpty) loop->atEndOfTurn([&loop] { loop->stop(); });
  });
  if (!keeper) return std::unexpected(keeper.error());
  loop->after(exists(options.snapshot) ? kRedisLoadTime : kRedisStartTime, [&loop] { loop->stop(); });
  loop->run();
  return last == Found::kLoading ? Found::kAway : last;
}

}  // namespace faasbatch::stores
