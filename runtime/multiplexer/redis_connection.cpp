#include "runtime/multiplexer/redis_connection.h"

#include <arpa/inet.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netdb.h>

#include <deque>
#include <thread>
#include <utility>

namespace faasbatch::multiplexer {
namespace {

// The first address of a host's name; blocks.
std::string lookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return "";
  char text[NI_MAXHOST] = "";
  ::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  ::freeaddrinfo(found);
  return text;
}

bool isAddress(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

RedisReply toReply(const redisReply* reply) {
  if (reply == nullptr) return {RedisReply::Kind::kLost, ""};
  switch (reply->type) {
    case REDIS_REPLY_NIL:
      return {RedisReply::Kind::kNil, ""};
    case REDIS_REPLY_INTEGER:
      return {RedisReply::Kind::kText, std::to_string(reply->integer)};
    case REDIS_REPLY_ERROR:
      return {RedisReply::Kind::kError, std::string(reply->str, reply->len)};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {RedisReply::Kind::kText, std::string(reply->str, reply->len)};
    default:
      return {RedisReply::Kind::kError, "an answer of another kind"};
  }
}

class Connection final : public RedisConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(net::EventLoop& loop, RedisUrl url, Events events)
      : loop_(loop), url_(std::move(url)), events_(std::move(events)) {}

  ~Connection() override { drop(); }

  void start() {
    if (!url_.path.empty() || isAddress(url_.host)) return connect(url_.host);
    if (url_.host == "localhost") return connect("127.0.0.1");
    std::thread([&loop = loop_, host = url_.host, weak = weak_from_this()] {
      std::string address = lookUp(host);
      loop.post([weak, address = std::move(address)] {
        if (const auto self = weak.lock()) self->connect(address);
      });
    }).detach();
  }

  void command(std::vector<std::string> words, Reply reply) override {
    if (context_ == nullptr) {
      waiting_.emplace_back(std::move(words), std::move(reply));
      return;
    }
    replies_.push_back(std::move(reply));
    send(words);
  }

  std::size_t underWay() const override { return waiting_.size() + replies_.size(); }

  void close(const std::string& why) override {
    if (closed_) return;
    closed_ = true;
    drop();
    // In a turn of its own: whoever closes is in the middle of something.
    loop_.post([weak = weak_from_this(), why] {
      const auto self = weak.lock();
      if (!self) return;
      auto waiting = std::exchange(self->waiting_, {});
      auto replies = std::exchange(self->replies_, {});
      const auto events = self->events_;
      for (auto& reply : replies) reply({});
      for (auto& [words, reply] : waiting) reply({});
      events.onClosed(why);
    });
  }

 private:
  void connect(const std::string& address) {
    if (closed_) return;
    if (address.empty() && url_.path.empty()) return close("the name of the host is not known");
    context_ = url_.path.empty() ? redisAsyncConnect(address.c_str(), url_.port)
                                 : redisAsyncConnectUnix(url_.path.c_str());
    if (context_ == nullptr) return close("out of memory");
    if (context_->err != 0) return close(context_->errstr);
    hookUp();
    redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* context, int status) {
      auto* self = static_cast<Connection*>(context->data);
      if (self == nullptr || self->context_ == nullptr) return;
      if (status == REDIS_OK) self->events_.onOpened();
      // Otherwise hiredis frees the context when this returns.
      if (status != REDIS_OK) self->lost(context->errstr);
    });
    redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* context, int) {
      auto* self = static_cast<Connection*>(context->data);
      if (self != nullptr && self->context_ != nullptr) self->lost(context->errstr);
    });
    logIn();
    for (auto& [words, reply] : std::exchange(waiting_, {})) command(std::move(words), std::move(reply));
  }

  void logIn() {
    const auto mustWork = [weak = weak_from_this()](const RedisReply& reply) {
      const auto self = weak.lock();
      if (self && reply.kind == RedisReply::Kind::kError) self->close(reply.text);
    };
    if (!url_.password.empty()) {
      std::vector<std::string> words{"AUTH"};
      if (!url_.user.empty()) words.push_back(url_.user);
      words.push_back(url_.password);
      command(std::move(words), mustWork);
    }
    if (url_.database != 0) command({"SELECT", std::to_string(url_.database)}, mustWork);
  }

  // hiredis asks for readiness; the loop tells of it.
  void hookUp() {
    context_->data = this;
    watch_ = net::FdWatch::make(loop_, context_->c.fd);
    context_->ev.data = this;
    context_->ev.addRead = [](void* self) { static_cast<Connection*>(self)->watchReads(true); };
    context_->ev.delRead = [](void* self) { static_cast<Connection*>(self)->watchReads(false); };
    context_->ev.addWrite = [](void* self) { static_cast<Connection*>(self)->watchWrites(); };
    context_->ev.delWrite = [](void* self) { static_cast<Connection*>(self)->wantsWrite_ = false; };
    context_->ev.cleanup = [](void* self) { static_cast<Connection*>(self)->watch_.reset(); };
  }

  void watchReads(bool on) {
    if (!watch_ || std::exchange(reads_, on) == on) return;
    if (!on) return watch_->onReadable(nullptr);
    watch_->onReadable([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->context_ != nullptr) redisAsyncHandleRead(self->context_);
    });
  }

  // Commands of one turn go out together.
  void watchWrites() {
    if (!watch_ || std::exchange(wantsWrite_, true)) return;
    watch_->onceWritable([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->context_ == nullptr || !std::exchange(self->wantsWrite_, false)) return;
      redisAsyncHandleWrite(self->context_);
    });
  }

  void send(const std::vector<std::string>& words) {
    std::vector<const char*> arguments;
    std::vector<std::size_t> sizes;
    for (const auto& word : words) {
      arguments.push_back(word.data());
      sizes.push_back(word.size());
    }
    redisAsyncCommandArgv(
        context_,
        [](redisAsyncContext* context, void* reply, void*) {
          auto* self = static_cast<Connection*>(context->data);
          if (self != nullptr && reply != nullptr)
            self->onReply(toReply(static_cast<const redisReply*>(reply)));
        },
        nullptr, static_cast<int>(words.size()), arguments.data(), sizes.data());
  }

  void onReply(RedisReply reply) {
    if (replies_.empty() || closed_) return;
    auto next = std::move(replies_.front());
    replies_.pop_front();
    next(std::move(reply));
  }

  // hiredis gives the context up by itself.
  void lost(const std::string& why) {
    context_->data = nullptr;
    context_ = nullptr;
    watch_.reset();
    close(why.empty() ? "the connection was closed" : why);
  }

  void drop() {
    watch_.reset();
    if (context_ == nullptr) return;
    context_->data = nullptr;
    context_->ev = {};
    redisAsyncFree(std::exchange(context_, nullptr));
  }

  net::EventLoop& loop_;
  RedisUrl url_;
  Events events_;
  redisAsyncContext* context_ = nullptr;
  std::unique_ptr<net::FdWatch> watch_;
  std::deque<std::pair<std::vector<std::string>, Reply>> waiting_;  // until there is a context
  std::deque<Reply> replies_;
  bool reads_ = false;
  bool wantsWrite_ = false;
  bool closed_ = false;
};

// Owns a Connection through the interface, which hiredis's callbacks may outlive.
class Handle final : public RedisConnection {
 public:
  explicit Handle(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  void command(std::vector<std::string> words, Reply reply) override {
    connection_->command(std::move(words), std::move(reply));
  }
  std::size_t underWay() const override { return connection_->underWay(); }
  void close(const std::string& why) override { connection_->close(why); }

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<RedisConnection> RedisConnection::open(net::EventLoop& loop, const RedisUrl& url,
                                                       Events events) {
  auto connection = std::make_shared<Connection>(loop, url, std::move(events));
  connection->start();
  return std::make_unique<Handle>(std::move(connection));
}

}  // namespace faasbatch::multiplexer
