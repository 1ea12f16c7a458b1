// What a client makes of servers that answer badly, late, or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <future>
#include <thread>

#include "lib/net/client.h"
#include "lib/net/listen_socket.h"
#include "lib/net/loop_thread.h"
#include "lib/net/socket_address.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Outcome = base::Result<Response>;

// Takes connections one after the other and lets `serve` do with each what it likes.
class ScriptedServer {
 public:
  explicit ScriptedServer(Wire wire, std::function<void(Channel& channel, int connection)> serve)
      : listener_(ListenSocket::open(Address(wire)).value()),
        address_(listener_.endpoint(), wire == Wire::kTls),
        thread_([this, serve = std::move(serve)] {
          for (int connection = 0; !stopping_; ++connection) {
            const int fd = next();
            if (fd < 0) return;
            TlsAcceptor& acceptor = TlsAcceptor::of(*TestTls::get().server);
            Channel channel(fd, address_.tls ? acceptor.accept(fd) : nullptr);
            serve(channel, connection);
            channel.endSending();
            ::close(fd);
          }
        }) {}
  ~ScriptedServer() {
    stopping_ = true;
    ::shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
  }

  const Address& endpoint() const { return address_; }

  // Reads one request without a body; false where the client closes first.
  static bool readRequest(Channel& channel) {
    std::string request;
    char bytes[4096];
    while (!request.ends_with("\r\n\r\n")) {
      const ssize_t got = channel.receive(bytes);
      if (got <= 0) return false;
      request.append(bytes, static_cast<std::size_t>(got));
    }
    return true;
  }

 private:
  int next() const {
    for (;;) {
      pollfd readable{.fd = listener_.fd(), .events = POLLIN, .revents = 0};
      ::poll(&readable, 1, 20'000);
      const int fd = listener_.accept();
      if (fd >= 0 || stopping_ || errno != EAGAIN) return fd;
    }
  }

  ListenSocket listener_;
  Address address_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

class BadServer : public testing::TestWithParam<Wire> {
 protected:
  ~BadServer() override { stop(); }

  void connect(const Address& address, ClientOptions options = {}) {
    thread_.on(
        [&] { client_ = Client::make(thread_.loop(), address, optionsFor(address, std::move(options))); });
  }
  void stop() {
    thread_.on([this] { client_ = nullptr; });
  }
  Outcome get(bool idempotent = false, base::Duration time = 20s) {
    std::promise<Outcome> promise;
    thread_.on([&] {
      client_->call(
          {.method = "GET", .target = "/", .headers = {}, .body = {}}, thread_.loop().now() + time,
          [&promise](Outcome outcome) { promise.set_value(std::move(outcome)); }, idempotent);
    });
    return promise.get_future().get();
  }
  Outcome answerOf(const std::string& bytes) {
    const ScriptedServer server(GetParam(), [&bytes](Channel& channel, int) {
      if (ScriptedServer::readRequest(channel)) channel.send(bytes);
    });
    connect(server.endpoint(), {.maxHeaderBytes = 4096});
    Outcome outcome = get();
    stop();
    return outcome;
  }

 private:
  LoopThread thread_;
  std::unique_ptr<Client> client_;
};

INSTANTIATE_TEST_SUITE_P(On, BadServer, testing::Values(Wire::kUnix, Wire::kTls), wireName);

TEST_P(BadServer, AnswersThatAreNoneAreInvalid) {
  for (const std::string& bytes : {
           "nonsense\r\n\r\n"s,
           "HTTP/1.1 2x0 OK\r\n\r\n"s,
           "HTTP/2.0 200 OK\r\n\r\n"s,
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"s,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab"s,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"s,
           "HTTP/1.1 200 OK\r\nA: "s + std::string(5000, 'x'),
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"s + std::string(5000, 'x'),
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"s,
       }) {
    const Outcome outcome = answerOf(bytes);
    ASSERT_FALSE(outcome) << bytes;
    EXPECT_EQ(outcome.error().kind, "InvalidResponse") << bytes;
  }
}

TEST_P(BadServer, AnswersThatAreCutAreLost) {
  for (const std::string& bytes : {
           ""s,
           "HTTP/1.1 20"s,
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"s,
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"s,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"s,
           "HTTP/1.1 100 Continue\r\n\r\n"s,
       }) {
    const Outcome outcome = answerOf(bytes);
    ASSERT_FALSE(outcome) << bytes;
    EXPECT_EQ(outcome.error().kind, "ConnectionLost") << bytes;
  }
}

TEST_P(BadServer, AnswersInUncommonFormsAreTaken) {
  for (const auto& [bytes, body] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end"},
           {"HTTP/1.0 200 OK\r\n\r\n", ""},
           {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 "
            "OK\r\nContent-Length: 1\r\n\r\nx",
            "x"},
           {"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nxtoo much", "x"},
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=\"b\"\r\nx\r\n0\r\nT: v\r\n\r\n", "x"},
       }) {
    const Outcome outcome = answerOf(bytes);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, 200);
    EXPECT_EQ(outcome->body, body);
    EXPECT_EQ(outcome->headers.find("A"), std::nullopt);  // of the interim answer
  }
}

// The server answers once and closes the connection when the second request comes.
TEST_P(BadServer, AReusedConnectionThatIsLostIsTriedAgainOnlyIfIdempotent) {
  std::atomic<int> requests = 0;
  const ScriptedServer server(GetParam(), [&requests](Channel& channel, int) {
    if (!ScriptedServer::readRequest(channel)) return;
    ++requests;
    channel.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (ScriptedServer::readRequest(channel)) ++requests;
  });
  connect(server.endpoint());
  ASSERT_TRUE(get());
  const Outcome lost = get();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, "ConnectionLost");
  ASSERT_TRUE(get());
  EXPECT_TRUE(get(true));
  EXPECT_EQ(requests, 5);  // the last one twice
  stop();
}

TEST_P(BadServer, ANewConnectionThatIsLostIsNotTriedAgain) {
  std::atomic<int> requests = 0;
  const ScriptedServer server(GetParam(), [&requests](Channel& channel, int) {
    if (ScriptedServer::readRequest(channel)) ++requests;
  });
  connect(server.endpoint());
  EXPECT_EQ(get(true).error().kind, "ConnectionLost");
  EXPECT_EQ(requests, 1);
  stop();
}

TEST_P(BadServer, UnaskedBytesCloseAnIdleConnection) {
  std::promise<void> closed;
  const ScriptedServer server(GetParam(), [&closed](Channel& channel, int connection) {
    if (!ScriptedServer::readRequest(channel)) return;
    channel.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (connection > 0) return;
    channel.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    EXPECT_FALSE(ScriptedServer::readRequest(channel));  // the client closes
    closed.set_value();
  });
  connect(server.endpoint());
  ASSERT_TRUE(get());
  closed.get_future().get();
  EXPECT_TRUE(get());
  stop();
}

// A backlog that is full does not take connections: the connect ends by its own time, before the call's
// deadline.
TEST_P(BadServer, ConnectingEndsInItsTime) {
  const Endpoint where = unixTemporary();
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const SocketAddress address = addressToBind(where);
  ASSERT_EQ(::bind(fd, address.get(), address.length), 0);
  ASSERT_EQ(::listen(fd, 0), 0);
  const int first = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(first, address.get(), address.length), 0);  // fills the backlog
  connect(where, {.connectTime = 50ms});
  EXPECT_EQ(get().error().kind, "ConnectFailed");
  EXPECT_EQ(get(false, 10ms).error().kind, "DeadlineExceeded");
  stop();
  ::close(first);
  ::close(fd);
  ::unlink(where.path.c_str());
}

}  // namespace
}  // namespace faasbatch::net
