// The admin API's server: small, in the cluster only, and read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "operator/admin/listener.h"

namespace faasbatch::admin {

// Any thread. One in a process: cpprestsdk has one pool.
class Server {
 public:
  // `ask` is called on threads of the pool, must not block, and is not called any more once this is
  // destroyed. Its Reply may be called once, from any thread, also when the server is gone; a second call is
  // ignored. What is never replied to is answered 503 at the end. `address` such as "127.0.0.1"; empty: all
  // IPv4 ones of this machine (cpprestsdk cannot do more). Kind "ListenFailed".
  static base::Result<Server> listen(const std::string& address, std::uint16_t port, Ask ask);

 private:
  explicit Server(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

  std::unique_ptr<Listener> listener_;
};

}  // namespace faasbatch::admin
