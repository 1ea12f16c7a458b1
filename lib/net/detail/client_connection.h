// One connection of a client, and the calls it carries. For lib/net's own sources.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "lib/net/byte_buffer.h"
#include "lib/net/client.h"
#include "lib/net/detail/asio_loop.h"
#include "lib/net/detail/response_parser.h"
#include "lib/net/detail/tls_stream.h"
#include "lib/net/out_buffer.h"
#include "lib/net/socket_address.h"

namespace faasbatch::net {

class ClientConnection;

// A call from its beginning to its end, which is finish(): exactly once.
struct ClientCall {
  Client::CallId id = 0;
  Request request;
  std::move_only_function<void(base::Result<Response>)> done;  // of call()
  std::optional<StreamSink> sink;                              // of stream()
  bool idempotent = false;
  bool retried = false;
  base::TimerId timer = 0;
  Response response{};

  void finish(base::Result<void> result);
};

// What the connections of one client share; outlives the Client while connections are still ending.
struct ClientCore : std::enable_shared_from_this<ClientCore> {
  AsioLoop& loop;
  Endpoint endpoint;
  ClientOptions options;
  SocketAddress address;
  std::unique_ptr<TlsDialer> dialer;  // nullptr: plain
  std::string host;                   // for the Host field
  std::string scratch{};              // where requests are put together
  bool closing = false;
  std::vector<std::shared_ptr<ClientConnection>> connections{};
  std::vector<ClientConnection*> idle{};  // of them; the one used last is at the end, and used first
  std::deque<std::shared_ptr<ClientCall>> waiting{};
  std::vector<std::shared_ptr<ClientCall>> refused{};  // their ends are posted
  base::TimerId idleTimer = 0;

  ClientCore(AsioLoop& loop, Endpoint endpoint, ClientOptions options);

  void start(const std::shared_ptr<ClientCall>& call);
  void open(const std::shared_ptr<ClientCall>& call);  // on a new connection
  void release(ClientConnection& connection);          // it is free: for the next that waits, or idle
  void remove(ClientConnection& connection);           // it has closed
  // Ends the call wherever it is, closing its connection; false where it has ended already.
  bool end(Client::CallId id, std::string_view kind, std::string_view message);
  void endAll();
  void closeIdle();
};

// Reads from the first moment to the last: between calls that is how it sees that the peer has closed. Loop
// thread only.
class ClientConnection final : public std::enable_shared_from_this<ClientConnection>, private ResponseTaker {
 public:
  ClientConnection(std::shared_ptr<ClientCore> core, std::shared_ptr<ClientCall> call);

  void connect();
  void begin(std::shared_ptr<ClientCall> call);  // on an idle connection
  void close();
  // Takes the call away unfinished; the connection is of no use any more.
  std::shared_ptr<ClientCall> detach() { return std::exchange(call_, nullptr); }
  const std::shared_ptr<ClientCall>& call() const { return call_; }

  base::Instant idleSince;

 private:
  static Awaitable<> run(std::shared_ptr<ClientConnection> self);
  Awaitable<> establish(ErrorCode& error);
  void watchAnew(ErrorCode& error);
  Awaitable<> shakeHands();
  Awaitable<> readPlain();
  Awaitable<> readTls();
  Awaitable<> await(TlsStream::Status status);
  Awaitable<> pause(base::Duration time);
  void send();
  void flush();
  void onInput();
  bool parseSome();
  void complete();
  void onTlsEnd(TlsStream::Status status);
  void onLost(bool orderly, std::string_view reason);
  void fail(std::string_view kind, std::string_view message);
  bool takeHead(int status, Headers headers) override;
  bool takeBody(std::string_view data) override;

  std::shared_ptr<ClientCore> core_;
  std::shared_ptr<ClientCall> call_;
  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  ByteBuffer in_;
  OutBuffer out_;
  std::optional<ResponseParser> parser_;
  bool closed_ = false;
  bool awaitingWritable_ = false;
  bool reused_ = false;        // has carried a call before this one
  bool sentAnything_ = false;  // of this call's request
  bool gotAnything_ = false;   // of its answer
  bool bodyTooLarge_ = false;
  base::TimerId connectTimer_ = 0;
};

}  // namespace faasbatch::net
