#include "lib/net/server.h"

#include <algorithm>
#include <cerrno>

#include "lib/json/write.h"
#include "lib/net/detail/session.h"
#include "lib/net/listen_socket.h"

namespace faasbatch::net {
namespace {

constexpr std::size_t kClosedPerSweep = 64;  // idle connections, for those that wait
constexpr int kAcceptsPerTurn = 64;          // then others have their turn
constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);  // when out of descriptors or memory
constexpr base::Duration kMinSweep = std::chrono::milliseconds(5);
constexpr base::Duration kMaxSweep = std::chrono::milliseconds(250);

Response plainProblem(int status, std::string_view reason, std::string_view detail) {
  Response response{.status = status, .headers = {}, .body = {}};
  response.headers.add("Content-Type", "application/problem+json");
  json::Object object(response.body);
  object.text("type", "about:blank").text("title", reasonPhrase(status)).number("status", status);
  object.text("detail", detail).text("reason", reason).end();
  return response;
}

// How often deadlines are looked at: they are exact to a quarter of the shortest.
base::Duration sweepInterval(const ServerLimits& limits) {
  const auto shortest =
      std::min({limits.headerTime, limits.bodyTime, limits.idleTime, limits.writeTime, limits.lingerTime});
  return std::clamp(shortest / 4, kMinSweep, kMaxSweep);
}

class BeastServer final : public Server {
 public:
  BeastServer(EventLoop& loop, ListenSocket listener, ServerLimits limits, Handler handler,
              ProblemMaker problems, std::shared_ptr<TlsServerContext> tls, Admission admission)
      : loop_(loop),
        listener_(std::move(listener)),
        endpoint_(listener_.endpoint()),
        sweepInterval_(sweepInterval(limits)),
        tls_(std::move(tls)),
        core_(std::make_shared<ServerCore>(ServerCore{AsioLoop::of(loop), limits, std::move(handler),
                                                      problems ? std::move(problems) : plainProblem,
                                                      std::move(admission)})) {
    core_->onSessionEnd = [this] { onSessionEnd(); };
    accepts_ = FdWatch::make(loop, listener_.fd());
    resumeAccepting();
  }

  ~BeastServer() override {
    core_->onSessionEnd = nullptr;
    loop_.cancel(sweepTimer_);
    loop_.cancel(acceptTimer_);
    loop_.cancel(drainTimer_);
    stopListening();
    closeAll();
    loop_.post([core = core_] {  // one may be running
      core->handler = nullptr;
      core->admission = nullptr;
    });
  }

  Endpoint endpoint() const override { return endpoint_; }
  std::size_t connections() const override { return core_->sessions.size(); }

  void drain(base::Instant deadline, std::move_only_function<void()> done) override {
    core_->draining = true;
    drained_ = std::move(done);
    // Who has connected before now is served.
    while (accepts_ && acceptOne()) {
    }
    stopListening();
    for (const auto& session : std::vector(core_->sessions)) session->drain();
    drainTimer_ = loop_.at(deadline, [this] {
      drainTimer_ = 0;
      closeAll();
      finishDrain();
    });
    if (core_->sessions.size() == core_->lingering) finishDrain();
  }

 private:
  void resumeAccepting() {
    if (!accepts_) return;
    accepts_->onReadable([this] {
      for (int i = 0; i < kAcceptsPerTurn && accepts_ && acceptOne(); ++i) {
      }
    });
  }

  // False: there is nothing to accept for now.
  bool acceptOne() {
    if (core_->sessions.size() >= core_->limits.maxConnections) {
      accepts_->onReadable(nullptr);
      waitingForRoom_ = true;
      return false;
    }
    const int fd = listener_.accept();
    if (fd >= 0) {
      startSession(fd);
      return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    if (errno == EINTR || errno == ECONNABORTED) return true;
    // Out of descriptors or memory: the connection stays in the backlog, and is readable at once again.
    accepts_->onReadable(nullptr);
    acceptTimer_ = loop_.after(kAcceptPause, [this] { resumeAccepting(); });
    return false;
  }

  void startSession(int fd) {
    Context& context = core_->loop.context();
    Socket socket(context.get_executor());
    const int family = endpoint_.kind == Endpoint::Kind::kUnix ? AF_UNIX : AF_INET;
    ErrorCode error;
    (void)socket.assign(asio::generic::stream_protocol(family, 0), fd, error);
    if (error) {
      ::close(fd);
      return;
    }
    auto stream = tls_ ? TlsAcceptor::of(*tls_).accept(fd) : nullptr;
    if (tls_ && !stream) return;
    auto session = std::make_shared<Session>(core_, std::move(socket), std::move(stream));
    session->place = core_->sessions.size();
    core_->sessions.push_back(session);
    session->start();
    if (sweepTimer_ == 0) sweepLater();
  }

  void sweepLater() {
    sweepTimer_ = loop_.after(sweepInterval_, [this] {
      sweepTimer_ = 0;
      const base::Instant now = loop_.now();
      // From the back: a session that closes is replaced by the last one, which has had its turn.
      for (std::size_t i = core_->sessions.size(); i-- > 0;) {
        if (i < core_->sessions.size()) std::shared_ptr(core_->sessions[i])->checkDeadlines(now);
      }
      if (waitingForRoom_) makeRoom(now);
      if (!core_->sessions.empty()) sweepLater();
    });
  }

  // Closes those that have asked for nothing the longest: whoever only holds connections keeps nobody out.
  void makeRoom(base::Instant now) {
    std::vector<std::pair<base::Instant, std::shared_ptr<Session>>> waiting;
    for (const auto& session : core_->sessions) {
      const base::Instant since = session->waitsSince();
      if (since != base::Instant::never() && now - since >= core_->limits.makeRoomAfter)
        waiting.emplace_back(since, session);
    }
    const std::size_t closed = std::min(waiting.size(), kClosedPerSweep);
    std::ranges::partial_sort(waiting, waiting.begin() + static_cast<std::ptrdiff_t>(closed), {},
                              [](const auto& one) { return one.first; });
    for (std::size_t i = 0; i < closed; ++i) waiting[i].second->close();
  }

  void onSessionEnd() {
    if (std::exchange(waitingForRoom_, false)) resumeAccepting();
    if (drained_ && core_->sessions.size() == core_->lingering) finishDrain();
  }

  // Posted: `done` may destroy the server, which others up the stack still use.
  void finishDrain() {
    loop_.cancel(std::exchange(drainTimer_, 0));
    if (drained_) loop_.post(std::exchange(drained_, nullptr));
  }

  void stopListening() {
    accepts_ = nullptr;
    listener_.close();
  }

  void closeAll() {
    while (!core_->sessions.empty()) std::shared_ptr(core_->sessions.back())->close();
  }

  EventLoop& loop_;
  ListenSocket listener_;
  Endpoint endpoint_;
  base::Duration sweepInterval_;
  std::shared_ptr<TlsServerContext> tls_;
  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<FdWatch> accepts_;
  std::move_only_function<void()> drained_;
  bool waitingForRoom_ = false;
  base::TimerId sweepTimer_ = 0;
  base::TimerId acceptTimer_ = 0;
  base::TimerId drainTimer_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Server>> Server::listen(EventLoop& loop, const Endpoint& endpoint,
                                                     ServerLimits limits, Handler handler,
                                                     ProblemMaker problems,
                                                     std::shared_ptr<TlsServerContext> tls,
                                                     Admission admission) {
  auto listener = ListenSocket::open(endpoint);
  if (!listener) return std::unexpected(listener.error());
  return std::make_unique<BeastServer>(loop, std::move(*listener), limits, std::move(handler),
                                       std::move(problems), std::move(tls), std::move(admission));
}

}  // namespace faasbatch::net
