#include "lib/net/detail/session.h"

namespace faasbatch::net {

using State = Responder::Impl::State;

Responder::Responder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  const Responder old(std::exchange(impl_, std::move(other.impl_)));
  return *this;
}

Responder::~Responder() {
  if (!impl_) return;
  impl_->onClosed = nullptr;
  if (!impl_->session || impl_->state == State::kDone) return;
  if (impl_->state == State::kStreaming) {
    abort();
  } else {
    send(impl_->session->problem(500, "InternalError", "the request was dropped without an answer"));
  }
}

void Responder::send(Response response) {
  if (!impl_ || impl_->state != State::kWaiting) return;
  impl_->state = State::kDone;
  impl_->onClosed = nullptr;
  if (impl_->session) impl_->session->answer(*impl_, std::move(response));
}

void Responder::begin(int status, Headers headers) {
  if (!impl_ || impl_->state != State::kWaiting) return;
  impl_->state = State::kStreaming;
  if (impl_->session) impl_->session->beginStream(*impl_, status, headers);
}

void Responder::write(std::string chunk) {
  if (!impl_ || impl_->state != State::kStreaming || !impl_->session) return;
  impl_->session->writeStream(*impl_, std::move(chunk));
}

void Responder::end(std::string last) {
  if (!impl_ || impl_->state != State::kStreaming) return;
  impl_->state = State::kDone;
  impl_->onClosed = nullptr;
  if (impl_->session) impl_->session->endStream(*impl_, std::move(last));
}

void Responder::abort() {
  if (!impl_ || impl_->state == State::kDone) return;
  impl_->state = State::kDone;
  impl_->onClosed = nullptr;
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
