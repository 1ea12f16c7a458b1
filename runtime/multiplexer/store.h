// `context.store` for all workers of a pod: one socket, one set of connections.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/loop.h"
#include "runtime/multiplexer/backend.h"
#include "runtime/multiplexer/session.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::multiplexer {

inline constexpr std::size_t kMaxSessions = 1024;  // connections of workers; further ones wait in the backlog
inline constexpr base::Duration kStoreTime = std::chrono::seconds(5);  // for one request

// Loop thread only.
class Store {
 public:
  // Makes a private directory (0700) with the socket in it; both go with the Store. Kind "ListenFailed".
  // `libexec` is where the CouchDB module lies.
  static base::Result<std::unique_ptr<Store>> listen(net::EventLoop& loop, std::string libexec);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& path() const { return path_; }

  // What the function's init says, or later another address of the same store; connections are made when they
  // are first needed. Before that, and with kNone, every request is answered StoreUnavailable.
  void connect(const StoreSpec& spec);

  // Appends the `connections` object of /v1/status.
  void appendConnections(std::string& out) const;

 private:
  Store(net::EventLoop& loop, std::string libexec, std::string directory, protocol::UniqueFd socket);
  void accept();
  void run(StoreRequest request, Backend::Done done);

  net::EventLoop& loop_;
  std::string libexec_;
  std::string directory_;
  std::string path_;
  protocol::UniqueFd socket_;
  std::unique_ptr<net::FdWatch> watch_;
  StoreSpec spec_;
  std::unique_ptr<Backend> backend_;
  std::string unavailable_ = "the function has no store: set spec.store";
  std::set<std::shared_ptr<Session>> sessions_;
};

}  // namespace faasbatch::multiplexer
