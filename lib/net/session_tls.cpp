// What is different in a session that speaks TLS: how it begins, reads and ends.
#include <boost/asio/post.hpp>

#include "lib/net/detail/session.h"

namespace faasbatch::net {
namespace {

using Status = TlsStream::Status;

constexpr int kReadsPerTurn = 16;  // of a record each; then other sessions have their turn

}  // namespace

// Until the input has ended, or the connection goes on without TLS.
Awaitable<> Session::runTls() {
  co_await shakeHands();
  int reads = 0;
  while (tls_ && phase_ != Phase::kClosed) {
    if (isPaused()) {
      co_await park();
      onInput();
      continue;
    }
    const std::span<char> room = in_.prepare(roomWanted());
    std::size_t bytes = 0;
    const Status status = tls_->read(room, bytes);
    if (status == Status::kDone) {
      if (phase_ == Phase::kReading) {
        in_.commit(bytes);
        onInput();
      }
      if (++reads % kReadsPerTurn == 0) co_await asio::post(socket_.get_executor(), kAwait);
    } else if (status == Status::kWantRead || status == Status::kWantWrite) {
      in_.shrink(0);
      co_await await(status);
    } else {
      inputEnded_ = true;
      if (status == Status::kFailed) {
        close();
      } else {
        onEndOfInput();
      }
      co_return;
    }
  }
}

// Closes the session where the socket has failed.
Awaitable<> Session::await(Status status) {
  ErrorCode error;
  co_await socket_.async_wait(status == Status::kWantRead ? Socket::wait_read : Socket::wait_write,
                              asio::redirect_error(kAwait, error));
  if (phase_ == Phase::kClosed) co_return;
  tls_->awaited();
  if (error) close();
}

Awaitable<> Session::shakeHands() {
  while (phase_ == Phase::kHandshake) {
    const Status status = tls_->handshake();
    if (status == Status::kWantRead || status == Status::kWantWrite) {
      co_await await(status);
    } else if (status != Status::kDone) {
      onHandshakeFailed(status);
    } else if (auto peer = tls_->peer()) {
      peer_ = std::move(*peer);
      peerEnd_ = tls_->peerEnd();
      phase_ = Phase::kReading;
      lastActivity_ = core_->loop.now();
    } else {
      close();
    }
  }
}

// The client gets time to read the alert, or the answer where it speaks plain HTTP.
void Session::onHandshakeFailed(Status status) {
  const bool isPlainHttp = tls_->isPlainHttp();
  tls_ = nullptr;
  if (status != Status::kFailed) return close();
  phase_ = Phase::kReading;
  if (isPlainHttp) return refuse(400, "InvalidRequest", "this port speaks TLS: write https:// in the URL");
  finish();
}

// Says that nothing follows, in TLS and then in TCP. The client's own end is awaited by lingering.
void Session::endTls() {
  if (tls_->end() != Status::kWantWrite) {
    ErrorCode ignored;
    (void)socket_.shutdown(Socket::shutdown_send, ignored);
    return;
  }
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](ErrorCode error) {
    if (!error && self->phase_ != Phase::kClosed) self->endTls();
  });
}

}  // namespace faasbatch::net
