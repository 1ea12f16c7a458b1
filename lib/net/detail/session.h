// One connection of a server. For lib/net's own sources.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "lib/net/byte_buffer.h"
#include "lib/net/detail/asio_loop.h"
#include "lib/net/detail/request_parser.h"
#include "lib/net/detail/tls_stream.h"
#include "lib/net/out_buffer.h"
#include "lib/net/server.h"
#include "lib/net/write_message.h"

namespace faasbatch::net {

class Session;

// What the sessions of one server share. Outlives the Server where sessions are still ending.
struct ServerCore {
  AsioLoop& loop;
  ServerLimits limits;
  Server::Handler handler;
  ProblemMaker problems;
  Server::Admission admission;  // may be empty
  DateText date{};
  std::string scratch{};  // where heads are put together
  bool draining = false;
  std::vector<std::shared_ptr<Session>> sessions{};
  std::size_t arriving = 0;   // bytes of their large bodies under way, see ServerLimits::maxArrivingBytes
  std::size_t leaving = 0;    // bytes of their answers, see ServerLimits::maxLeavingBytes
  std::size_t lingering = 0;  // of them: answered, only waiting for the client to close
  std::move_only_function<void()> onSessionEnd = nullptr;  // one has closed or lingers
};

// One request and its answer. The connection keeps them in order; the Responder of the handler is the other
// owner.
struct Responder::Impl {
  enum class State { kWaiting, kStreaming, kDone };

  Session* session = nullptr;  // nullptr once the connection has closed
  State state = State::kWaiting;
  bool isHead = false;
  bool isHttp11 = true;
  bool keepAlive = true;    // as the client asked
  bool closeAfter = false;  // the answer says so
  bool chunked = false;
  bool clientGone = false;
  OutBuffer waiting{};  // bytes of the answer while an earlier one is under way
  std::move_only_function<void()> onClosed = nullptr;
  // Without a connection (respond_to.h): where the answer goes, and what there is of it.
  std::move_only_function<void(std::optional<Response>)> taker = nullptr;
  Response collected{};
};

// Reads requests and writes answers in order. Loop thread only.
//
//   kHandshake --(TLS is established)--> kReading          (with TLS only; else it begins there)
//   kHandshake --(it failed)--> kDropping, without TLS
//   kReading --(last request of the connection is in, or one was refused)--> kDropping
//   kDropping --(last answer is written)--> kLingering --(client closes, or lingerTime)--> kClosed
//   any --(error, idle, abort)--> kClosed
//
// What arrives while dropping or lingering is read and forgotten. Answers leave as soon as they are their
// connection's first: by a send at once, and only what the kernel does not take waits for the reactor.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Exchange = Responder::Impl;

  Session(std::shared_ptr<ServerCore> core, Socket socket, std::unique_ptr<TlsStream> tls);  // nullptr: plain

  void start();
  void checkDeadlines(base::Instant now);
  void drain();  // closes if idle
  void close();
  bool isLingering() const { return phase_ == Phase::kLingering; }
  // Since when it has not asked for anything: it shakes hands, idles, or sends the head of a request.
  // never(): it has.
  base::Instant waitsSince() const;
  // Since when its client has not taken kProgress of what it is to get. never(): there is nothing.
  base::Instant unreadSince() const { return leaving_ > 0 ? unreadSince_ : base::Instant::never(); }

  // For the exchanges.
  void answer(Exchange& exchange, Response response);
  void beginStream(Exchange& exchange, int status, const Headers& headers);
  void writeStream(Exchange& exchange, std::string chunk);
  void endStream(Exchange& exchange, std::string last);
  std::size_t buffered(Exchange& exchange) { return outFor(exchange).size(); }
  Response problem(int status, std::string_view reason, std::string_view detail) const;
  void abort();  // closes so that the client sees an error

  std::size_t place = 0;  // in ServerCore::sessions

 private:
  enum class Phase { kHandshake, kReading, kDropping, kLingering, kClosed };

  static Awaitable<> run(std::shared_ptr<Session> self);
  Awaitable<> park();
  Awaitable<> runTls();
  Awaitable<> await(TlsStream::Status status);
  Awaitable<> shakeHands();
  void onHandshakeFailed(TlsStream::Status status);
  void endTls();
  bool isPaused() const;
  void wake();
  std::size_t roomWanted() const;

  void onInput();
  bool parseSome(base::Instant now);
  void openExchange();
  void dispatch();
  bool takesIn();
  void dropParser();
  void countArriving(std::size_t bytes);
  void refuse(ErrorCode error);
  void refuse(int status, std::string_view reason, std::string_view detail);
  void refuse(Response response);
  bool isAdmitted();
  void onEndOfInput();
  void tellClosed(const std::shared_ptr<Exchange>& exchange);
  void dropExchanges();

  OutBuffer& outFor(Exchange& exchange);
  bool appendChunk(Exchange& exchange, std::string chunk);
  bool isLastAnswer(const Exchange& exchange) const;
  void appendHeadTo(Exchange& exchange, int status, Framing framing, const Headers& headers,
                    std::string_view body);
  void advance();
  void flush();
  void countSent(std::size_t bytes);
  void countLeaving();
  void makeRoomForAnswers();
  void progressed();
  void finish();

  std::shared_ptr<ServerCore> core_;
  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  std::shared_ptr<const PeerCertificate> peer_;
  base::Instant peerEnd_ = base::Instant::never();  // of that certificate
  Phase phase_;
  ByteBuffer in_;
  std::optional<RequestParser> parser_;              // of the request that is arriving
  std::size_t arriving_ = 0;                         // of it, as ServerCore::arriving counts it
  std::shared_ptr<Exchange> current_;                // of the same, once its header is complete
  std::deque<std::shared_ptr<Exchange>> exchanges_;  // requests without their whole answer, oldest first
  OutBuffer out_;
  bool dispatching_ = false;  // inside onInput(), which flushes at its end
  bool awaitingWritable_ = false;
  bool closeAfterWrite_ = false;
  bool inputEnded_ = false;
  std::move_only_function<void()> parked_;  // resumes run()

  base::Instant lastActivity_;
  base::Instant requestStart_;
  base::Instant bodyStart_;
  std::size_t leaving_ = 0;  // as ServerCore::leaving counts it
  std::size_t sent_ = 0;     // since the client made progress
  base::Instant unreadSince_ = base::Instant::never();
  base::Instant writeDeadline_ = base::Instant::never();
  base::Instant lingerDeadline_ = base::Instant::never();
};

}  // namespace faasbatch::net
