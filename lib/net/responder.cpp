#include "lib/net/detail/session.h"
#include "lib/net/respond_to.h"

namespace faasbatch::net {

using State = Responder::Impl::State;

Responder respondTo(std::move_only_function<void(std::optional<Response>)> done) {
  auto impl = std::make_shared<Responder::Impl>();
  impl->taker = std::move(done);
  return Responder(std::move(impl));
}

Responder::Responder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  const Responder old(std::exchange(impl_, std::move(other.impl_)));
  return *this;
}

Responder::~Responder() {
  if (!impl_) return;
  impl_->onClosed = nullptr;
  if (impl_->state == State::kDone || (!impl_->session && !impl_->taker)) return;
  if (impl_->state == State::kStreaming || impl_->taker) {
    abort();
  } else {
    send(impl_->session->problem(500, "InternalError", "the request was dropped without an answer"));
  }
}

void Responder::send(Response response) {
  if (!impl_ || impl_->state != State::kWaiting) return;
  impl_->state = State::kDone;
  impl_->onClosed = nullptr;
  if (impl_->taker) return std::exchange(impl_->taker, nullptr)(std::move(response));
  if (impl_->session) impl_->session->answer(*impl_, std::move(response));
}

void Responder::begin(int status, Headers headers) {
  if (!impl_ || impl_->state != State::kWaiting) return;
  impl_->state = State::kStreaming;
  if (impl_->taker) {
    impl_->collected = {.status = status, .headers = std::move(headers), .body = {}};
  } else if (impl_->session) {
    impl_->session->beginStream(*impl_, status, headers);
  }
}

void Responder::write(std::string chunk) {
  if (!impl_ || impl_->state != State::kStreaming) return;
  if (impl_->taker) impl_->collected.body += chunk;
  if (impl_->session) impl_->session->writeStream(*impl_, std::move(chunk));
}

void Responder::end(std::string last) {
  if (!impl_ || impl_->state != State::kStreaming) return;
  impl_->state = State::kDone;
  impl_->onClosed = nullptr;
  if (impl_->taker) {
    impl_->collected.body += last;
    return std::exchange(impl_->taker, nullptr)(std::move(impl_->collected));
  }
  if (impl_->session) impl_->session->endStream(*impl_, std::move(last));
}

void Responder::abort() {
  if (!impl_ || impl_->state == State::kDone) return;
  impl_->state = State::kDone;
  impl_->onClosed = nullptr;
  if (impl_->taker) return std::exchange(impl_->taker, nullptr)(std::nullopt);
  if (impl_->session) impl_->session->abort();
}

std::size_t Responder::buffered() const {
  return impl_ && impl_->session ? impl_->session->buffered(*impl_) : 0;
}

bool Responder::closed() const { return !impl_ || impl_->clientGone; }

void Responder::onClosed(std::move_only_function<void()> handler) {
  if (!impl_ || impl_->state == State::kDone) return;
  if (impl_->clientGone) return handler();
  impl_->onClosed = std::move(handler);
}

}  // namespace faasbatch::net
