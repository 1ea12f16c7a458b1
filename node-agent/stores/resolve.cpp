#include "node-agent/stores/resolve.h"

#include <netdb.h>
#include <sys/un.h>

#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace faasbatch::stores {

// The thread may outlive the loop: it touches the loop only under the mutex and while `loop` is set.
struct Resolution::State {
  std::mutex mutex;
  base::Loop* loop = nullptr;
  Done done;
};

namespace {

base::Result<SocketTarget> lookUp(const RedisUrl& url, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (error != 0) {
    return base::fail("StoreUnavailable",
                      url.describe() + " is not known by that name: " + ::gai_strerror(error));
  }
  SocketTarget target;
  std::memcpy(&target.storage, found->ai_addr, found->ai_addrlen);
  target.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return target;
}

base::Result<SocketTarget> unixTarget(const RedisUrl& url) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (url.path.size() >= sizeof address.sun_path) {
    return base::fail("StoreUnavailable", "the path " + url.path + " is too long for a Unix socket");
  }
  std::memcpy(address.sun_path, url.path.data(), url.path.size());
  SocketTarget target;
  std::memcpy(&target.storage, &address, sizeof address);
  target.length = sizeof address;
  return target;
}

}  // namespace

Resolution::Resolution(base::Loop& loop, const RedisUrl& url, Done done) : state_(std::make_shared<State>()) {
  state_->loop = &loop;
  state_->done = std::move(done);
  const auto report = [](const std::shared_ptr<State>& state, base::Result<SocketTarget> result) {
    const std::lock_guard lock(state->mutex);
    if (state->loop == nullptr) return;
    state->loop->post([state, result = std::move(result)] {
      // On the loop's thread, as the destructor: no lock, so that `done` may destroy the resolution.
      if (state->loop != nullptr) state->done(result);
    });
  };
  std::optional<base::Result<SocketTarget>> known;
  if (url.host.empty()) {
    known = unixTarget(url);
  } else if (auto numeric = lookUp(url, AI_NUMERICHOST)) {
    known = std::move(numeric);
  }
  if (known) {
    report(state_, std::move(*known));
    return;
  }
  std::thread([state = state_, url, report] { report(state, lookUp(url, 0)); }).detach();
}

Resolution::~Resolution() {
  const std::lock_guard lock(state_->mutex);
  state_->loop = nullptr;
}

}  // namespace faasbatch::stores
