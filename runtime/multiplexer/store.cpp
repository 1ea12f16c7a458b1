#include "runtime/multiplexer/store.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "lib/json/write.h"
#include "runtime/multiplexer/agent_backend.h"
#include "runtime/multiplexer/couchdb_module.h"
#include "runtime/multiplexer/redis_backend.h"
#include "runtime/multiplexer/store_message.h"

namespace faasbatch::multiplexer {
namespace {

constexpr int kBacklog = 1024;

std::unexpected<base::Error> failed(const std::string& what) {
  return base::fail("ListenFailed", "the store's socket: " + what + ": " + std::strerror(errno));
}

void appendCounts(std::string& out, const ConnectionCounts& counts) {
  json::Object(out)
      .number("open", counts.open)
      .number("opened", counts.opened)
      .number("failed", counts.failed)
      .end();
}

}  // namespace

base::Result<std::unique_ptr<Store>> Store::listen(net::EventLoop& loop, std::string libexec) {
  const char* base = std::getenv("TMPDIR");
  std::string directory =
      std::string(base != nullptr && *base == '/' ? base : "/tmp") + "/faasbatch-runtime-XXXXXX";
  sockaddr_un address{};
  if (directory.size() + sizeof "/store" > sizeof address.sun_path)
    directory = "/tmp/faasbatch-runtime-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return failed("mkdtemp " + directory);
  protocol::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  address.sun_family = AF_UNIX;
  const std::string path = directory + "/store";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    const auto error = failed(directory);
    ::rmdir(directory.c_str());
    return error;
  }
  return std::unique_ptr<Store>(new Store(loop, std::move(libexec), std::move(directory), std::move(socket)));
}

Store::Store(net::EventLoop& loop, std::string libexec, std::string directory, protocol::UniqueFd socket)
    : loop_(loop),
      libexec_(std::move(libexec)),
      directory_(std::move(directory)),
      path_(directory_ + "/store"),
      socket_(std::move(socket)),
      watch_(net::FdWatch::make(loop, socket_.get())) {
  watch_->onReadable([this] { accept(); });
}

Store::~Store() {
  for (const auto& session : std::exchange(sessions_, {})) session->close();
  ::unlink(path_.c_str());
  ::rmdir(directory_.c_str());
}

void Store::accept() {
  while (sessions_.size() < kMaxSessions) {
    protocol::UniqueFd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    sessions_.insert(Session::make(
        loop_, std::move(socket),
        {[this](StoreRequest request, Backend::Done done) { run(std::move(request), std::move(done)); },
         [this](Session& session) {
           sessions_.erase(session.shared_from_this());
           watch_->onReadable([this] { accept(); });
         }}));
  }
  watch_->onReadable(nullptr);  // until one has gone
}

void Store::connect(const StoreSpec& spec) {
  spec_ = spec;
  base::Result<std::unique_ptr<Backend>> made = nullptr;
  switch (spec.kind) {
    case StoreSpec::Kind::kNone:
      return;
    case StoreSpec::Kind::kRedis:
      made = makeRedis(loop_, spec.url);
      break;
    case StoreSpec::Kind::kAgent:
      made = makeAgent(loop_, spec.url, spec.token);
      break;
    case StoreSpec::Kind::kCouchDb:
      made = loadCouchDb(loop_, spec.url, libexec_);
      break;
  }
  if (made) {
    // Requests under way end with the backend that has them.
    loop_.after(kStoreTime, [old = std::move(backend_)] {});
    backend_ = std::move(*made);
  } else {
    unavailable_ = made.error().message;
  }
}

void Store::run(StoreRequest request, Backend::Done done) {
  if (!backend_) {
    loop_.post([done = std::move(done), why = unavailable_]() mutable {
      done(base::fail("StoreUnavailable", why));
    });
    return;
  }
  request.key.insert(0, spec_.prefix);
  if (auto checked = checkKey(request.key); !checked) {
    loop_.post([done = std::move(done), error = checked.error()]() mutable {
      done(std::unexpected(std::move(error)));
    });
    return;
  }
  backend_->run(std::move(request), loop_.now() + kStoreTime, std::move(done));
}

void Store::appendConnections(std::string& out) const {
  const auto of = [this](StoreSpec::Kind kind) {
    return backend_ && spec_.kind == kind ? backend_->counts() : ConnectionCounts();
  };
  json::Object object(out);
  appendCounts(object.key("redis"), of(StoreSpec::Kind::kRedis));
  appendCounts(object.key("couchdb"), of(StoreSpec::Kind::kCouchDb));
  appendCounts(object.key("agent"), of(StoreSpec::Kind::kAgent));
  object.end();
}

}  // namespace faasbatch::multiplexer
