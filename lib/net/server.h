// HTTP/1.1 server sessions on Boost.Beast: one implementation for the gateway and for the runtime in a pod.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "lib/net/http.h"
#include "lib/net/loop.h"
#include "lib/net/tls.h"

namespace faasbatch::net {

inline constexpr std::size_t kSmallBody = 64 * 1024;
inline constexpr std::size_t kProgress = 64 * 1024;  // what a client that reads takes in `writeTime` at least

// Every bound of a server by its name. What is over it is answered (431, 413, 408, 503) where HTTP has an
// answer, then the connection is closed, after what the client still sends has been read and dropped for
// `lingerTime` at most, so that the answer is not lost to a reset.
struct ServerLimits {
  std::size_t maxHeaderBytes = 32 * 1024;
  std::size_t maxBodyBytes = 6 * 1024 * 1024;
  // Of all connections together: bodies over kSmallBody that have not arrived yet. Nobody has been asked yet
  // who sends them. What is more is answered 503.
  std::size_t maxArrivingBytes = 256 << 20;
  // Of all connections together: answers that their clients have not taken yet. What is more closes the
  // connections, longest without progress first, whose clients do not read; the answer that came last stays.
  std::size_t maxLeavingBytes = 128 << 20;
  // Further ones wait in the listen backlog, and those that have asked for nothing for `makeRoomAfter` are
  // closed for them.
  std::size_t maxConnections = 4096;
  std::size_t maxPipelined = 16;  // requests of one connection read before the first is answered
  std::size_t maxBufferedBytes =
      4 << 20;  // of a streamed response that the client does not read; then it is cut
  base::Duration headerTime = std::chrono::seconds(10);  // from the first byte to the end of the header
  base::Duration bodyTime = std::chrono::seconds(60);
  base::Duration idleTime = std::chrono::seconds(120);  // between requests
  base::Duration makeRoomAfter = std::chrono::seconds(2);
  base::Duration writeTime = std::chrono::seconds(60);  // for a client to take kProgress, or all there is
  base::Duration lingerTime = std::chrono::seconds(2);
};

// Answers one request, once; may be kept and used later, on the loop's thread. One that is dropped without an
// answer answers 500. After the client has gone every call is a no-op.
class Responder {
 public:
  struct Impl;
  explicit Responder(std::shared_ptr<Impl> impl);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  void send(Response response);

  // A streamed answer, chunked: begin() once, write() any number of times, end() once. The head leaves
  // with what follows in the same turn of the loop, else at its end; what end() is given in one piece with
  // the end.
  void begin(int status, Headers headers);
  void write(std::string chunk);
  void end(std::string last = {});
  void abort();  // closes the connection so that the client sees a cut answer, not a complete one

  // Bytes of the answer that the kernel has not taken yet. A producer that outruns its client holds back by
  // this; a single write() is never refused for its own size, only for what lay here before it
  // (maxBufferedBytes).
  std::size_t buffered() const;

  bool closed() const;  // the client has gone
  // Runs once if the client goes before the answer is complete: from the loop, never inside another call, and
  // not after this Responder. A client that only closes its sending side counts as gone; an answer still
  // reaches it.
  void onClosed(std::move_only_function<void()> handler);

 private:
  std::shared_ptr<Impl> impl_;
};

// Problems the session layer itself answers (400, 408, 411, 413, 431, 503) are made by this, so that they
// look like the rest of the API.
using ProblemMaker = std::function<Response(int status, std::string_view reason, std::string_view detail)>;

class Server {
 public:
  using Handler = std::function<void(Request, Responder)>;  // loop thread; must not block
  // Looks at a request whose header is in, before its body is read. What it answers is the connection's last
  // answer, and the body is not kept; nothing: the request goes on to the handler. Loop thread.
  using Admission = std::function<std::optional<Response>(const Request& head)>;

  // Listens at once (so that a port of 0 is known: see endpoint()). A Unix socket is made with mode 0600, an
  // old one at its path is replaced. Kind "ListenFailed".
  // With `tls` every connection speaks TLS; a handshake has `headerTime`.
  static base::Result<std::unique_ptr<Server>> listen(EventLoop& loop, const Endpoint& endpoint,
                                                      ServerLimits limits, Handler handler,
                                                      ProblemMaker problems = nullptr,
                                                      std::shared_ptr<TlsServerContext> tls = nullptr,
                                                      Admission admission = nullptr);
  virtual ~Server() = default;

  virtual Endpoint endpoint() const = 0;
  virtual std::size_t connections() const = 0;

  // Stops listening, closes idle connections, lets requests under way finish with `Connection: close`; calls
  // `done` when the last has gone or at `deadline`, whichever is first (what is left then is cut).
  virtual void drain(base::Instant deadline, std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::net
