// HTTP/1.1 client for the hot path: one peer, pooled keep-alive connections, a deadline on every call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "lib/net/http.h"
#include "lib/net/loop.h"
#include "lib/net/tls.h"

namespace faasbatch::net {

struct ClientOptions {
  std::size_t maxConnections = 64;  // further calls wait, in order
  std::size_t maxWaiting = 10'000;  // then "TooManyCalls"
  std::size_t maxHeaderBytes = 32 * 1024;
  std::size_t maxBodyBytes = 16 << 20;  // of call(); a stream is not bounded, its sink is
  base::Duration connectTime = std::chrono::seconds(5);
  base::Duration idleTime = std::chrono::seconds(60);  // an idle connection is closed after this
  Headers headers;                                     // sent with every request
  std::shared_ptr<TlsClientContext> tls;               // nullptr: plain
};

// Receives a streamed answer. All on the loop's thread; nothing is called after onEnd.
struct StreamSink {
  std::move_only_function<void(int status, const Headers&)> onHead;
  std::move_only_function<void(std::string_view data)> onData;  // as it arrives, any split
  std::move_only_function<void(base::Result<void>)> onEnd;      // complete, or why not
};

// Error kinds: "ConnectFailed" (nothing was sent: safe to try again), "ConnectionLost" (the peer may have
// acted), "DeadlineExceeded", "TooManyCalls", "BodyTooLarge", "InvalidResponse", "Cancelled". A request that
// a reused connection lost before any byte of the answer, because the peer had closed it when idle, is sent
// again on a new one if `idempotent`, once. Loop thread only.
class Client {
 public:
  using CallId = std::uint64_t;

  static std::unique_ptr<Client> make(EventLoop& loop, Endpoint endpoint, ClientOptions options = {});
  virtual ~Client() = default;  // calls under way end "Cancelled"

  virtual CallId call(Request request, base::Instant deadline,
                      std::move_only_function<void(base::Result<Response>)> done,
                      bool idempotent = false) = 0;
  virtual CallId stream(Request request, base::Instant deadline, StreamSink sink) = 0;

  // Ends the call "Cancelled", before this returns, and closes its connection. Unknown ids are ignored.
  virtual void cancel(CallId call) = 0;
};

}  // namespace faasbatch::net
