// The writing side of a session.
#include <sys/socket.h>

#include "lib/net/detail/session.h"

namespace faasbatch::net {
namespace {

bool hasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

// The front exchange writes to the connection; those behind it keep their bytes until it is done.
OutBuffer& Session::outFor(Exchange& exchange) {
  return exchanges_.front().get() == &exchange ? out_ : exchange.waiting;
}

// Whether the connection closes behind this answer: the client asked for it, or the server drains and nothing
// has come after the request.
bool Session::isLastAnswer(const Exchange& exchange) const {
  if (!exchange.keepAlive || inputEnded_) return true;
  return core_->draining && !parser_ && in_.empty() && exchanges_.back().get() == &exchange;
}

void Session::appendHeadTo(Exchange& exchange, int status, Framing framing, const Headers& headers,
                           std::string_view body) {
  exchange.closeAfter = framing.kind == Framing::Kind::kToClose || isLastAnswer(exchange);
  const std::string_view connection = exchange.closeAfter ? "close" : exchange.isHttp11 ? "" : "keep-alive";
  std::string& head = core_->scratch;
  head.clear();
  appendHead(head, {status, framing, connection, core_->date.at(core_->loop.now())}, headers);
  head += body;
  outFor(exchange).append(std::string_view(head));
  if (exchange.closeAfter && phase_ == Phase::kReading) phase_ = Phase::kDropping;
}

Response Session::problem(int status, std::string_view reason, std::string_view detail) const {
  return core_->problems(status, reason, detail);
}

void Session::answer(Exchange& exchange, Response response) {
  constexpr std::size_t kCopied = 4 * 1024;  // larger bodies are moved
  Framing framing{.kind = Framing::Kind::kLength, .length = response.body.size()};
  if (hasNoBody(response.status)) framing.kind = Framing::Kind::kNone;
  const bool bodyGoes = framing.kind == Framing::Kind::kLength && !exchange.isHead;
  const bool copied = response.body.size() <= kCopied;
  appendHeadTo(exchange, response.status, framing, response.headers,
               bodyGoes && copied ? std::string_view(response.body) : std::string_view());
  if (bodyGoes && !copied) outFor(exchange).append(std::move(response.body));
  progressed();
}

void Session::beginStream(Exchange& exchange, int status, const Headers& headers) {
  const auto kind = hasNoBody(status)   ? Framing::Kind::kNone
                    : exchange.isHttp11 ? Framing::Kind::kChunked
                                        : Framing::Kind::kToClose;
  exchange.chunked = kind == Framing::Kind::kChunked && !exchange.isHead;
  if (kind == Framing::Kind::kNone) exchange.isHead = true;  // there is no place for a body either
  appendHeadTo(exchange, status, {.kind = kind}, headers, {});
  core_->loop.atEndOfTurn([self = shared_from_this()] { self->progressed(); });
}

// False: the client reads too slowly and has been cut.
bool Session::appendChunk(Exchange& exchange, std::string chunk) {
  if (chunk.empty() || exchange.isHead) return true;
  OutBuffer& out = outFor(exchange);
  if (out.size() > core_->limits.maxBufferedBytes) {
    abort();
    return false;
  }
  if (exchange.chunked) out.append(std::string_view(chunkHead(chunk.size())));
  out.append(std::move(chunk));
  if (exchange.chunked) out.append(kChunkTail);
  return true;
}

void Session::writeStream(Exchange& exchange, std::string chunk) {
  if (appendChunk(exchange, std::move(chunk))) progressed();
}

void Session::endStream(Exchange& exchange, std::string last) {
  if (!appendChunk(exchange, std::move(last))) return;
  if (exchange.chunked) outFor(exchange).append(kLastChunk);
  progressed();
}

// Lets the answers that are complete leave the queue, in order.
void Session::advance() {
  while (!exchanges_.empty()) {
    Exchange& front = *exchanges_.front();
    if (!front.waiting.empty()) out_.append(std::move(front.waiting));
    if (front.state != Exchange::State::kDone) return;
    const bool last = front.closeAfter;
    front.session = nullptr;
    exchanges_.pop_front();
    if (!last) continue;
    closeAfterWrite_ = true;
    phase_ = Phase::kDropping;
    dropParser();
    dropExchanges();
  }
  if (inputEnded_) closeAfterWrite_ = true;
}

void Session::flush() {
  if (awaitingWritable_ || phase_ == Phase::kClosed) return;
  const std::size_t before = out_.size();
  const auto sent = tls_ ? tls_->send(out_) : out_.sendTo(socket_.native_handle());
  countSent(before - out_.size());
  switch (sent) {
    case OutBuffer::Sent::kAll:
      writeDeadline_ = base::Instant::never();
      if (closeAfterWrite_ && exchanges_.empty() && phase_ != Phase::kLingering) finish();
      return;
    case OutBuffer::Sent::kFailed:
      return close();
    case OutBuffer::Sent::kWouldBlock:
      break;
  }
  awaitingWritable_ = true;
  if (writeDeadline_ == base::Instant::never()) writeDeadline_ = core_->loop.now() + core_->limits.writeTime;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](ErrorCode error) {
    self->awaitingWritable_ = false;
    if (error) return;
    self->flush();
    self->countLeaving();
  });
}

// Who takes a byte now and then does not read.
void Session::countSent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < kProgress) return;
  sent_ = 0;
  unreadSince_ = core_->loop.now();
  writeDeadline_ = base::Instant::never();
}

void Session::countLeaving() {
  if (phase_ == Phase::kClosed) return;
  std::size_t bytes = out_.size();
  for (const auto& exchange : exchanges_) bytes += exchange->waiting.size();
  if (leaving_ == 0 && bytes > 0) {
    unreadSince_ = core_->loop.now();
    sent_ = 0;
  }
  core_->leaving += bytes - leaving_;
  leaving_ = bytes;
  if (core_->leaving > core_->limits.maxLeavingBytes) makeRoomForAnswers();
}

// Closes the connections of those who do not read, until there is room. Not this one: its answer has just
// come.
void Session::makeRoomForAnswers() {
  while (core_->leaving > core_->limits.maxLeavingBytes) {
    Session* slowest = nullptr;
    for (const auto& session : core_->sessions) {
      if (session.get() == this || session->unreadSince() == base::Instant::never()) continue;
      if (!slowest || session->unreadSince() < slowest->unreadSince()) slowest = session.get();
    }
    if (slowest == nullptr) return;
    slowest->abort();
  }
}

void Session::progressed() {
  if (dispatching_ || phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();
  const bool wasBusy = !exchanges_.empty();
  advance();
  if (wasBusy && exchanges_.empty()) lastActivity_ = core_->loop.now();
  flush();
  countLeaving();
  wake();
}

// The last answer is written. The client is told that nothing follows, and gets time to read before the
// connection closes: closing over unread input would send a reset that may overtake the answer.
void Session::finish() {
  if (inputEnded_) return close();
  phase_ = Phase::kLingering;
  lingerDeadline_ = core_->loop.now() + core_->limits.lingerTime;
  ++core_->lingering;
  if (tls_) {
    endTls();
  } else {
    ErrorCode ignored;
    (void)socket_.shutdown(Socket::shutdown_send, ignored);
  }
  if (core_->onSessionEnd) core_->onSessionEnd();
}

}  // namespace faasbatch::net
