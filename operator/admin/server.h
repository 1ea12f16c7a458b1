// The admin API's server, on cpprestsdk: small, in the cluster only, and read-only.
//
// cpprestsdk's listener has no limits of its own and stalls for good once its handlers block. So its pool is
// small, no handler waits for anything, and requests beyond kMaxRequests are refused instead of queued.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "operator/admin/route.h"

namespace faasbatch::admin {

inline constexpr int kThreads = 2;
inline constexpr std::size_t kMaxRequests = 16;  // at once; further ones get 503 with Retry-After

// Any thread. One in a process: cpprestsdk has one pool.
class Server {
 public:
  // May be called once, from any thread, also when the server is gone; a second call is ignored.
  using Reply = std::function<void(Answer)>;
  // Called on threads of the pool, and must not block. What it never replies to is answered 503 at the end.
  using Ask = std::function<void(Question, Reply)>;

  // `address` such as "127.0.0.1"; empty: all IPv4 ones of this machine (cpprestsdk cannot do more). Kind
  // "ListenFailed".
  static base::Result<std::unique_ptr<Server>> listen(const std::string& address, std::uint16_t port,
                                                      Ask ask);
  // `ask` is not called any more when this returns.
  virtual ~Server() = default;
};

}  // namespace faasbatch::admin
