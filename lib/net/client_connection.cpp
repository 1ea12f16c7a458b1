#include "lib/net/detail/client_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>

#include "lib/net/write_message.h"

namespace faasbatch::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kReadSize = 16 * 1024;
constexpr base::Duration kBacklogPause = std::chrono::milliseconds(1);

ErrorCode systemError(int number) { return {number, boost::system::system_category()}; }

int socketError(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

}  // namespace

ClientConnection::ClientConnection(std::shared_ptr<ClientCore> core, std::shared_ptr<ClientCall> call)
    : core_(std::move(core)), call_(std::move(call)), socket_(core_->loop.context().get_executor()) {}

void ClientConnection::connect() {
  connectTimer_ = core_->loop.after(core_->options.connectTime, [this] {
    connectTimer_ = 0;
    fail("ConnectFailed", "no connection in time");
  });
  asio::co_spawn(core_->loop.context(), run(shared_from_this()), asio::detached);
}

Awaitable<> ClientConnection::run(std::shared_ptr<ClientConnection> self) {
  ClientConnection& connection = *self;
  ErrorCode error;
  if (!connection.closed_) co_await connection.establish(error);
  if (error && !connection.closed_) connection.fail("ConnectFailed", error.message());
  if (connection.core_->dialer && !connection.closed_) co_await connection.shakeHands();
  connection.core_->loop.cancel(std::exchange(connection.connectTimer_, 0));
  if (!connection.closed_) connection.send();
  // Not as one expression: GCC 12 frees the frame twice.
  if (connection.tls_) {
    co_await connection.readTls();
  } else {
    co_await connection.readPlain();
  }
}

Awaitable<> ClientConnection::readPlain() {
  ErrorCode error;
  while (!closed_) {
    const std::span<char> room = in_.prepare(kReadSize);
    const auto buffer = asio::buffer(room.data(), room.size());
    const std::size_t bytes = co_await socket_.async_read_some(buffer, asio::redirect_error(kAwait, error));
    if (closed_) co_return;
    if (error) {
      const bool orderly = error == asio::error::eof;
      co_return onLost(orderly, orderly ? "the peer closed the connection" : error.message());
    }
    in_.commit(bytes);
    onInput();
  }
}

// Connects by hand: of a Unix socket whose backlog is full the kernel says EAGAIN, which no reactor waits
// for.
Awaitable<> ClientConnection::establish(ErrorCode& error) {
  const SocketAddress& address = core_->address;
  (void)socket_.open(asio::generic::stream_protocol(address.family(), 0), error);
  if (error) co_return;
  (void)socket_.non_blocking(true, error);
  if (error) co_return;
  const int fd = socket_.native_handle();
  if (core_->endpoint.kind == Endpoint::Kind::kTcp) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  for (;;) {
    if (::connect(fd, address.get(), address.length) == 0) co_return;
    const int reason = errno;
    if (reason == EINPROGRESS) break;
    if (reason != EAGAIN && reason != EINTR) {
      error = systemError(reason);
      co_return;
    }
    co_await pause(kBacklogPause);
    if (closed_) co_return;
  }
  co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(kAwait, error));
  if (error || closed_) co_return;
  error = systemError(socketError(fd));
  if (!error) watchAnew(error);
}

// For what a reactor has waited once it looks from then on. That this socket can be written to is nearly
// always true: in a connection that speaks TLS, which waits for each answer anew, every wait would end at
// once for that.
void ClientConnection::watchAnew(ErrorCode& error) {
  const int fd = socket_.release(error);
  if (error) return;
  (void)socket_.assign(asio::generic::stream_protocol(core_->address.family(), 0), fd, error);
  if (error) ::close(fd);
}

Awaitable<> ClientConnection::pause(base::Duration time) {
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             Executor>
      timer(core_->loop.context().get_executor(), time);
  ErrorCode ignored;
  co_await timer.async_wait(asio::redirect_error(kAwait, ignored));
}

void ClientConnection::begin(std::shared_ptr<ClientCall> call) {
  call_ = std::move(call);
  reused_ = true;
  send();
}

void ClientConnection::send() {
  if (!call_) return;
  constexpr std::size_t kCopied = 4 * 1024;  // a larger body is a piece of its own
  sentAnything_ = gotAnything_ = false;
  std::string& head = core_->scratch;
  head.clear();
  Request& request = call_->request;
  appendRequestHead(head, request, core_->options.headers, core_->host);
  const bool copied = request.body.size() <= kCopied;
  if (copied) head += request.body;
  out_.append(std::string_view(head));
  // Kept for a second try, so it is copied even if large, where there may be one.
  if (!copied) {
    if (reused_) {
      out_.append(std::string_view(request.body));
    } else {
      out_.append(std::move(request.body));
    }
  }
  flush();
}

// A failure to send ends nothing by itself: the peer may have answered before it closed. The reading side
// sees the answer or the end.
void ClientConnection::flush() {
  if (awaitingWritable_ || closed_) return;
  const std::size_t before = out_.size();
  const OutBuffer::Sent sent = tls_ ? tls_->send(out_) : out_.sendTo(socket_.native_handle());
  if (out_.size() < before) sentAnything_ = true;
  if (sent != OutBuffer::Sent::kWouldBlock) return;
  awaitingWritable_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](ErrorCode error) {
    self->awaitingWritable_ = false;
    if (!error) self->flush();
  });
}

void ClientConnection::onInput() {
  // Bytes that nobody asked for, such as the peer's farewell to an idle connection.
  if (!call_) return close();
  gotAnything_ = true;
  while (!closed_ && call_ && !in_.empty() && parseSome()) {
  }
}

// Parses up to the end of one answer at most. False: more bytes are needed, or the connection has closed.
bool ClientConnection::parseSome() {
  const auto call = call_;  // a sink may end its own call
  if (!parser_) {
    parser_.emplace(static_cast<ResponseTaker&>(*this), core_->options.maxHeaderBytes,
                    call->request.method == "HEAD");
  }
  ErrorCode error;
  in_.consume(parser_->put(asio::buffer(in_.data()), error));
  if (closed_) return false;
  if (error == http::error::need_more) {
    if (in_.size() <= core_->options.maxHeaderBytes) return false;
    error = http::error::header_limit;
  }
  if (error && bodyTooLarge_) {
    fail("BodyTooLarge", "the body is larger than " + std::to_string(core_->options.maxBodyBytes) + " bytes");
  } else if (error) {
    fail("InvalidResponse", error.message());
  } else if (!parser_->is_done()) {
    return true;
  } else if (!parser_->isInterim()) {
    complete();
  } else if (parser_->status() == 101) {
    fail("InvalidResponse", "the peer changes to a protocol that was not asked for");
  } else {
    parser_.reset();
    return true;
  }
  return false;
}

void ClientConnection::complete() {
  const bool reusable = parser_->keep_alive() && in_.empty() && out_.empty();
  parser_.reset();
  const auto self = shared_from_this();
  const auto call = detach();
  core_->loop.cancel(std::exchange(call->timer, 0));
  // First the connection, so that a call made by the callback finds it free.
  if (reusable) {
    core_->release(*this);
  } else {
    close();
  }
  call->finish({});
}

bool ClientConnection::takeHead(int status, Headers headers) {
  if (!call_) return false;
  call_->response.status = status;
  if (!call_->sink) {
    call_->response.headers = std::move(headers);
  } else if (call_->sink->onHead) {
    call_->sink->onHead(status, headers);
  }
  return call_ != nullptr;
}

bool ClientConnection::takeBody(std::string_view data) {
  if (!call_) return false;
  if (call_->sink) {
    if (call_->sink->onData) call_->sink->onData(data);
    return call_ != nullptr;
  }
  std::string& body = call_->response.body;
  if (data.size() > core_->options.maxBodyBytes - body.size()) {
    bodyTooLarge_ = true;
    return false;
  }
  body.append(data);
  return true;
}

// The peer has closed in an orderly way, which may complete an answer, or the connection broke.
void ClientConnection::onLost(bool orderly, std::string_view reason) {
  if (!call_) return close();
  if (orderly && parser_ && parser_->is_header_done() && parser_->need_eof()) {
    const auto call = call_;
    ErrorCode incomplete;
    parser_->put_eof(incomplete);
    if (!incomplete) return complete();
  }
  const bool untouched = !gotAnything_ && (call_->idempotent || !sentAnything_);
  if (reused_ && untouched && !call_->retried) {
    call_->retried = true;
    const auto call = detach();
    const auto core = core_;
    close();
    return core->open(call);
  }
  if (!gotAnything_ && !sentAnything_) {
    fail("ConnectFailed", reason);
  } else {
    const std::string where = gotAnything_ ? " in the middle of its answer" : " before its answer";
    fail("ConnectionLost", std::string(reason) + where);
  }
}

void ClientConnection::fail(std::string_view kind, std::string_view message) {
  const auto self = shared_from_this();
  const auto call = detach();
  close();
  if (!call) return;
  core_->loop.cancel(std::exchange(call->timer, 0));
  call->finish(base::fail(std::string(kind), core_->endpoint.describe() + ": " + std::string(message)));
}

void ClientConnection::close() {
  if (std::exchange(closed_, true)) return;
  if (tls_) (void)tls_->end();
  core_->loop.cancel(std::exchange(connectTimer_, 0));
  ErrorCode ignored;
  (void)socket_.close(ignored);
  core_->remove(*this);
}

}  // namespace faasbatch::net
