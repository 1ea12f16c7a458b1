// What is different in a connection that speaks TLS: how it begins, reads and ends.
#include <boost/asio/post.hpp>

#include "lib/net/detail/client_connection.h"

namespace faasbatch::net {
namespace {

using Status = TlsStream::Status;

constexpr std::size_t kReadSize = 16 * 1024;  // a record
constexpr int kReadsPerTurn = 16;             // then other connections have their turn

}  // namespace

Awaitable<> ClientConnection::shakeHands() {
  tls_ = core_->dialer->dial(socket_.native_handle());
  if (!tls_) co_return fail("ConnectFailed", "TLS cannot be set up");
  while (!closed_) {
    const Status status = tls_->handshake();
    if (status == Status::kDone) co_return;
    if (status == Status::kWantRead || status == Status::kWantWrite) {
      co_await await(status);
    } else {
      const bool failed = status == Status::kFailed;
      fail("ConnectFailed",
           failed ? tls_->reason() : "the peer closed the connection during the TLS handshake");
    }
  }
}

Awaitable<> ClientConnection::readTls() {
  int reads = 0;
  while (!closed_) {
    const std::span<char> room = in_.prepare(kReadSize);
    std::size_t bytes = 0;
    const Status status = tls_->read(room, bytes);
    if (status == Status::kDone) {
      in_.commit(bytes);
      onInput();
      if (++reads % kReadsPerTurn == 0) co_await asio::post(socket_.get_executor(), kAwait);
    } else if (status == Status::kWantRead || status == Status::kWantWrite) {
      in_.shrink(0);
      co_await await(status);
    } else {
      co_return onTlsEnd(status);
    }
  }
}

void ClientConnection::onTlsEnd(Status status) {
  switch (status) {
    case Status::kEnd:
      return onLost(true, "the peer closed the connection");
    case Status::kCut:
      return onLost(false, "the peer closed the connection");
    default:
      // In TLS 1.3 a client hears only now that its certificate was not taken: nothing has been done for it.
      if (tls_->isRefused() && !gotAnything_) return fail("ConnectFailed", tls_->reason());
      return onLost(false, tls_->reason());
  }
}

// Ends the connection where the socket has failed.
Awaitable<> ClientConnection::await(Status status) {
  ErrorCode error;
  co_await socket_.async_wait(status == Status::kWantRead ? Socket::wait_read : Socket::wait_write,
                              asio::redirect_error(kAwait, error));
  if (closed_) co_return;
  tls_->awaited();
  if (error) onLost(false, error.message());
}

}  // namespace faasbatch::net
