// The reading side of a session, and its end.
#include "lib/net/detail/session.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <exception>

namespace faasbatch::net {
namespace {

constexpr std::size_t kFirstRead = 8 * 1024;   // most requests fit
constexpr std::size_t kBodyRead = 128 * 1024;  // once a large body is under way
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(std::shared_ptr<ServerCore> core, Socket socket, std::unique_ptr<TlsStream> tls)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      tls_(std::move(tls)),
      phase_(tls_ ? Phase::kHandshake : Phase::kReading),
      lastActivity_(core_->loop.now()) {}

void Session::start() { asio::co_spawn(core_->loop.context(), run(shared_from_this()), asio::detached); }

Awaitable<> Session::run(std::shared_ptr<Session> self) {
  Session& session = *self;
  if (session.tls_) co_await session.runTls();
  if (session.tls_) co_return;
  while (session.phase_ != Phase::kClosed) {
    if (session.isPaused()) {
      co_await session.park();
      session.onInput();
      continue;
    }
    ErrorCode error;
    const std::span<char> room = session.in_.prepare(session.roomWanted());
    const auto buffer = asio::buffer(room.data(), room.size());
    const std::size_t bytes =
        co_await session.socket_.async_read_some(buffer, asio::redirect_error(kAwait, error));
    if (session.phase_ == Phase::kClosed) break;
    if (error) {
      session.inputEnded_ = true;
      if (error == asio::error::eof) {
        session.onEndOfInput();
      } else {
        session.close();
      }
      break;
    }
    if (session.phase_ != Phase::kReading) continue;
    session.in_.commit(bytes);
    session.onInput();
  }
}

Awaitable<> Session::park() {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [this](auto&& resume) { parked_ = std::forward<decltype(resume)>(resume); }, kAwait);
}

bool Session::isPaused() const {
  return phase_ == Phase::kReading && !parser_ && exchanges_.size() >= core_->limits.maxPipelined;
}

void Session::wake() {
  // Posted: requests are not handed out from inside the answer to another.
  if (parked_ && !isPaused()) asio::post(socket_.get_executor(), std::exchange(parked_, nullptr));
}

std::size_t Session::roomWanted() const {
  if (phase_ == Phase::kDropping || phase_ == Phase::kLingering) return kBodyRead;
  const bool largeBody = current_ && parser_->content_length_remaining().value_or(0) > kFirstRead;
  return largeBody ? kBodyRead : in_.empty() ? kFirstRead : kFirstRead / 2;
}

void Session::onInput() {
  if (phase_ != Phase::kReading) return;
  dispatching_ = true;
  lastActivity_ = core_->loop.now();
  while (phase_ == Phase::kReading && !in_.empty() && !isPaused() && parseSome(lastActivity_)) {
  }
  dispatching_ = false;
  progressed();
}

// Parses up to the end of one request at most. False: more bytes are needed, or there is nothing more to
// parse.
bool Session::parseSome(base::Instant now) {
  namespace http = boost::beast::http;
  if (!parser_) {
    // Empty lines before a request are ignored (RFC 9112, section 2.2).
    while (in_.data().starts_with("\r\n")) in_.consume(2);
    if (in_.empty() || in_.data() == "\r") return false;
    parser_.emplace(core_->limits.maxHeaderBytes, core_->limits.maxBodyBytes);
    requestStart_ = now;
  }
  ErrorCode error;
  in_.consume(parser_->put(asio::buffer(in_.data()), error));
  if (!current_ && parser_->is_header_done()) {
    bodyStart_ = now;
    openExchange();
    if (!isAdmitted()) return false;
  }
  if (!takesIn()) return false;
  if (error == http::error::need_more) {
    // The header itself is bounded by the parser; this bounds a chunk's header line, and trailers.
    if (in_.size() > core_->limits.maxHeaderBytes) refuse(http::error::header_limit);
    return false;
  }
  if (error) {
    refuse(error);
    return false;
  }
  if (parser_->is_done()) dispatch();
  return true;
}

// False: there is no room for what has come of a large body, which is refused.
bool Session::takesIn() {
  if (parser_->is_done() || parser_->bodyBytes() <= kSmallBody) return true;
  countArriving(parser_->bodyBytes() + kBodyRead);
  if (core_->arriving <= core_->limits.maxArrivingBytes) return true;
  refuse(503, "NoCapacity",
         "the bodies of other requests take the memory there is for them: try again later");
  return false;
}

void Session::countArriving(std::size_t bytes) {
  core_->arriving += bytes - arriving_;
  arriving_ = bytes;
}

void Session::dropParser() {
  parser_.reset();
  countArriving(0);
}

void Session::openExchange() {
  current_ = std::make_shared<Exchange>();
  current_->session = this;
  exchanges_.push_back(current_);
  if (!parser_) return;
  current_->isHead = parser_->isHead();
  current_->isHttp11 = parser_->isHttp11();
  current_->keepAlive = parser_->keep_alive();
}

// False: it is refused before its body is read. Else the body may come.
bool Session::isAdmitted() {
  if (core_->admission) {
    if (auto refusal = core_->admission(parser_->head())) {
      refuse(std::move(*refusal));
      return false;
    }
  }
  if (parser_->expectsContinue() && !parser_->is_done() && in_.empty()) outFor(*current_).append(kContinue);
  return true;
}

void Session::dispatch() {
  if (lastActivity_ >= peerEnd_) {
    return refuse(401, "Unauthorized",
                  "the client certificate has expired: it was good until " + base::formatRfc3339(peerEnd_));
  }
  Request request = parser_->take();
  dropParser();
  if (peer_) request.peer = peer_;
  if (!current_->keepAlive) phase_ = Phase::kDropping;
  Responder responder(std::move(current_));
  current_ = nullptr;
  try {
    core_->handler(std::move(request), std::move(responder));
  } catch (const std::exception&) {
    // The responder went with the handler's frame, and has answered 500.
  }
  in_.shrink(2 * kFirstRead);
  advance();
}

void Session::refuse(ErrorCode error) {
  namespace http = boost::beast::http;
  const ServerLimits& limits = core_->limits;
  if (error == http::error::header_limit) {
    refuse(431, "HeadersTooLarge",
           "the header is larger than " + std::to_string(limits.maxHeaderBytes) + " bytes");
  } else if (error == http::error::body_limit) {
    refuse(413, "BodyTooLarge", "the body is larger than " + std::to_string(limits.maxBodyBytes) + " bytes");
  } else {
    refuse(400, "InvalidRequest", "not an HTTP/1.1 request: " + error.message());
  }
}

void Session::refuse(int status, std::string_view reason, std::string_view detail) {
  refuse(core_->problems(status, reason, detail));
}

// Answers in the place of the handler, as the connection's last answer.
void Session::refuse(Response response) {
  dropParser();
  if (!current_) openExchange();
  const auto exchange = std::move(current_);
  current_ = nullptr;
  exchange->keepAlive = false;
  exchange->state = Exchange::State::kDone;
  phase_ = Phase::kDropping;
  in_.consume(in_.size());
  answer(*exchange, std::move(response));
}

// The client sends no more. It may have gone, or only have closed its side: who waits for an answer is told,
// and an answer that still comes is written.
void Session::onEndOfInput() {
  if (phase_ == Phase::kLingering) return close();
  phase_ = Phase::kDropping;
  dropParser();
  if (current_) {
    current_ = nullptr;
    exchanges_.back()->session = nullptr;
    exchanges_.pop_back();
  }
  for (const auto& exchange : exchanges_) tellClosed(exchange);
  progressed();
}

void Session::checkDeadlines(base::Instant now) {
  if (now >= writeDeadline_ || now >= lingerDeadline_) return close();
  const ServerLimits& limits = core_->limits;
  if (phase_ == Phase::kHandshake && now >= lastActivity_ + limits.headerTime) return close();
  if (phase_ != Phase::kReading) return;
  if (parser_ && current_) {
    if (now >= bodyStart_ + limits.bodyTime) refuse(408, "RequestTimeout", "the body did not arrive in time");
  } else if (parser_) {
    if (now >= requestStart_ + limits.headerTime)
      refuse(408, "RequestTimeout", "the header did not arrive in time");
  } else if (exchanges_.empty() && out_.empty()) {
    // Who was shaking hands when the server began to drain may still ask something, but not at leisure.
    const auto idleTime = core_->draining ? std::min(limits.idleTime, limits.lingerTime) : limits.idleTime;
    if (now >= lastActivity_ + idleTime) close();
  }
}

base::Instant Session::waitsSince() const {
  if (phase_ == Phase::kHandshake) return lastActivity_;
  if (phase_ != Phase::kReading || current_ || !exchanges_.empty() || !out_.empty())
    return base::Instant::never();
  return parser_ ? requestStart_ : lastActivity_;
}

void Session::drain() {
  if (phase_ == Phase::kHandshake ? tls_->hasBegun() : phase_ != Phase::kReading) return;
  if (parser_ || !exchanges_.empty() || !out_.empty() || (tls_ && tls_->hasUnread())) return;
  // A request may lie in the kernel already: it is answered, with Connection: close.
  int unread = 0;
  if (::ioctl(socket_.native_handle(), FIONREAD, &unread) == 0 && unread > 0) return;
  close();
}

void Session::abort() {
  // A reset, so that an answer whose end is the end of the connection does not look complete.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close();
}

// Posted, so that no handler runs inside a call of its own Responder; and only if that still waits by then.
void Session::tellClosed(const std::shared_ptr<Exchange>& exchange) {
  exchange->clientGone = true;
  if (!exchange->onClosed) return;
  asio::post(core_->loop.context(), [exchange] {
    if (auto handler = std::exchange(exchange->onClosed, nullptr)) handler();
  });
}

void Session::dropExchanges() {
  for (const auto& exchange : exchanges_) {
    exchange->session = nullptr;
    tellClosed(exchange);
  }
  exchanges_.clear();
  current_ = nullptr;
}

void Session::close() {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();
  if (phase_ == Phase::kLingering) --core_->lingering;
  phase_ = Phase::kClosed;
  countArriving(0);
  core_->leaving -= std::exchange(leaving_, 0);
  // Not behind half an answer: one whose end is the end of the connection would look complete.
  if (tls_ && exchanges_.empty() && out_.empty()) (void)tls_->end();
  ErrorCode ignored;
  (void)socket_.close(ignored);

  dropExchanges();

  auto& sessions = core_->sessions;
  sessions.back()->place = place;
  std::swap(sessions[place], sessions.back());
  sessions.pop_back();

  wake();
  if (core_->onSessionEnd) core_->onSessionEnd();
}

}  // namespace faasbatch::net
