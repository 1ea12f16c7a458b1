// What is different in a client that speaks TLS. Its HTTP is tested in client*_test.cpp over every wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "lib/net/client.h"
#include "lib/net/listen_socket.h"
#include "lib/net/test_server.h"
#include "lib/net/tls_peer_test.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const TestAuthority& ca() { return TestTls::get().ca; }

class TlsClient : public testing::Test {
 protected:
  ~TlsClient() override { stop(); }

  void connect(const Endpoint& endpoint, const TlsClientOptions& tls, ClientOptions options = {}) {
    context_ = TlsClientContext::make(tls).value();
    options.tls = context_;
    thread_.on([&] { client_ = Client::make(thread_.loop(), endpoint, std::move(options)); });
  }
  void stop() {
    thread_.on([this] { client_ = nullptr; });
  }
  base::Result<Response> get(const std::string& target = "/") {
    std::promise<base::Result<Response>> promise;
    Request request{.method = "GET", .target = target, .headers = {}, .body = {}};
    request.headers.add("Authorization", "Bearer secret");
    thread_.on([&] {
      client_->call(std::move(request), thread_.loop().now() + 20s,
                    [&promise](base::Result<Response> outcome) { promise.set_value(std::move(outcome)); });
    });
    return promise.get_future().get();
  }
  std::string bodyOf(base::Result<Response> outcome) {
    return outcome ? outcome->body : outcome.error().kind + ": " + outcome.error().message;
  }
  // What a call that must fail says.
  std::string refusal(const Endpoint& endpoint, const TlsClientOptions& tls) {
    connect(endpoint, tls);
    const auto outcome = get();
    if (outcome) return "nothing";
    EXPECT_EQ(outcome.error().kind, "ConnectFailed") << outcome.error().message;
    EXPECT_THAT(outcome.error().message,
                AllOf(HasSubstr(endpoint.describe()), Not(HasSubstr("secret")), Not(HasSubstr("-----"))));
    return outcome.error().message;
  }

  LoopThread thread_;
  std::shared_ptr<TlsClientContext> context_;
  std::unique_ptr<Client> client_;
};

std::shared_ptr<TlsServerContext> serverWith(const crypto::KeyPair& pair, const std::string& clientCa = "") {
  return TlsServerContext::make({.certificatePem = pair.certificatePem,
                                 .keyPem = pair.keyPem,
                                 .clientCaPem = clientCa,
                                 .requireClientCertificate = !clientCa.empty()})
      .value();
}

TEST_F(TlsClient, SaysWhatIsWrongWithACertificate) {
  TestServer good(echo, {}, Address(Wire::kTls));
  EXPECT_THAT(refusal(good.endpoint(), {.caPem = TestAuthority("other").pem()}),
              HasSubstr("TLS: the certificate of \"peer.test\" (valid from "));
  EXPECT_THAT(refusal(good.endpoint(), {.caPem = TestAuthority("other").pem()}), HasSubstr("local issuer"));
  EXPECT_THAT(refusal(good.endpoint(), {}), HasSubstr("local issuer"));
  EXPECT_THAT(refusal(good.endpoint(), {.caPem = ca().pem(), .serverName = "other.test"}),
              HasSubstr("it is not for \"other.test\""));

  TestServer late(echo, {}, tcpLoopback(), serverWith(ca().expired()));
  EXPECT_THAT(refusal(late.endpoint(), {.caPem = ca().pem()}), HasSubstr("certificate has expired"));
  TestServer named(echo, {}, tcpLoopback(), serverWith(ca().namedOnly("peer.test")));
  EXPECT_THAT(refusal(named.endpoint(), {.caPem = ca().pem()}), HasSubstr("it is not for \"127.0.0.1\""));
  EXPECT_EQ(refusal(named.endpoint(), {.caPem = ca().pem(), .serverName = "peer.test"}), "nothing");
  TestServer client(echo, {}, tcpLoopback(), serverWith(ca().client("127.0.0.1")));
  EXPECT_THAT(refusal(client.endpoint(), {.caPem = ca().pem()}), HasSubstr("not accepted"));
}

// Those that OpenSSL takes for the system's are nobody's either.
TEST_F(TlsClient, TrustsNobodyWithoutACa) {
  const testing::TempDir folder;
  std::ofstream(folder.file("ca.pem")) << ca().pem();
  ::setenv("SSL_CERT_FILE", folder.file("ca.pem").c_str(), 1);
  TestServer server(echo, {}, Address(Wire::kTls));
  EXPECT_THAT(refusal(server.endpoint(), {}), HasSubstr("local issuer"));
  ::unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(context_->replace({.caPem = ca().pem()}));
  EXPECT_EQ(bodyOf(get()), "GET / ");
}

// Names are taken from the subject alternative names only.
TEST_F(TlsClient, DoesNotTakeTheCommonNameForAName) {
  const auto now = systemNow();
  const auto issuer = crypto::makeAuthority("issuer", now + -1h, now + 1h).value();
  const auto pair = crypto::issue(issuer, {.commonName = "peer.test",
                                           .dnsNames = {},
                                           .ipAddresses = {},
                                           .organizations = {},
                                           .notBefore = now + -1h,
                                           .notAfter = now + 1h})
                        .value();
  TestServer server(echo, {}, tcpLoopback(), serverWith(pair));
  EXPECT_THAT(refusal(server.endpoint(), {.caPem = issuer.certificatePem, .serverName = "peer.test"}),
              HasSubstr("it is not for \"peer.test\""));
}

TEST_F(TlsClient, ShowsItsCertificate) {
  TestServer server(
      [](Request request, Responder responder) {
        responder.send({.status = 200, .headers = {}, .body = request.peer->commonName});
      },
      {}, tcpLoopback(), serverWith(ca().server(), ca().pem()));
  const auto pair = ca().client("alice");
  connect(server.endpoint(),
          {.caPem = ca().pem(), .certificatePem = pair.certificatePem, .keyPem = pair.keyPem});
  EXPECT_EQ(bodyOf(get()), "alice");
  const auto stranger = TestAuthority("strangers").client("bob");
  EXPECT_THAT(
      refusal(server.endpoint(),
              {.caPem = ca().pem(), .certificatePem = stranger.certificatePem, .keyPem = stranger.keyPem}),
      HasSubstr("unknown ca"));
  EXPECT_THAT(refusal(server.endpoint(), {.caPem = ca().pem()}), HasSubstr("certificate required"));
}

TEST_F(TlsClient, TakesOtherCertificatesWhileItRuns) {
  auto tls = serverWith(ca().server());
  TestServer server(echo, {}, tcpLoopback(), tls);
  connect(server.endpoint(), {.caPem = ca().pem()});
  ASSERT_EQ(bodyOf(get()), "GET / ");
  const TestAuthority next("next");
  ASSERT_TRUE(context_->replace({.caPem = next.pem()}));
  EXPECT_EQ(bodyOf(get()), "GET / ");  // on the connection that is open
  EXPECT_FALSE(context_->replace({.caPem = "nonsense"}));
  const auto pair = next.server();
  ASSERT_TRUE(tls->replace({.certificatePem = pair.certificatePem, .keyPem = pair.keyPem}));
  connect(server.endpoint(), {.caPem = next.pem()});
  EXPECT_EQ(bodyOf(get()), "GET / ");
}

TEST_F(TlsClient, SaysThatThePeerSpeaksNoTls) {
  TestServer plain(echo);
  EXPECT_THAT(refusal(plain.endpoint(), {.caPem = ca().pem()}), HasSubstr("wrong version number"));
}

TEST_F(TlsClient, GivesUpOnAHandshakeInItsTime) {
  const auto silent = ListenSocket::open(tcpLoopback()).value();
  connect(silent.endpoint(), {.caPem = ca().pem()}, {.connectTime = 60ms});
  const auto outcome = get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, "ConnectFailed");
  EXPECT_THAT(outcome.error().message, HasSubstr("no connection in time"));
}

TEST_F(TlsClient, SaysThatThePeerClosedDuringTheHandshake) {
  const auto listener = ListenSocket::open(tcpLoopback()).value();
  std::thread closing([&] {
    pollfd readable{.fd = listener.fd(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, 20'000);
    const int fd = listener.accept();
    char byte = 0;
    readable.fd = fd;
    ::poll(&readable, 1, 20'000);
    while (::recv(fd, &byte, 1, MSG_DONTWAIT) > 0) {
    }
    ::close(fd);
  });
  EXPECT_THAT(refusal(listener.endpoint(), {.caPem = ca().pem()}), HasSubstr("during the TLS handshake"));
  closing.join();
}

// An answer whose end is the end of the connection is complete only where the peer says so.
TEST_F(TlsClient, TellsAnEndFromACut) {
  const auto listener = ListenSocket::open(tcpLoopback()).value();
  std::thread serving([&] {
    for (const bool orderly : {true, false}) {
      pollfd readable{.fd = listener.fd(), .events = POLLIN, .revents = 0};
      ::poll(&readable, 1, 20'000);
      const int fd = listener.accept();
      Channel channel(fd, TlsAcceptor::of(*TestTls::get().server).accept(fd));
      char bytes[4096];
      EXPECT_GT(channel.receive(bytes), 0);
      EXPECT_TRUE(channel.send("HTTP/1.1 200 OK\r\n\r\nto the end"));
      if (orderly) channel.endSending();
      ::close(fd);
    }
  });
  connect(listener.endpoint(), {.caPem = ca().pem()});
  EXPECT_EQ(bodyOf(get()), "to the end");
  const auto cut = get();
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, "ConnectionLost");
  serving.join();
}

// Python's server says whether the session was resumed; each call has a connection of its own.
TEST_F(TlsClient, ResumesItsSession) {
  const TlsPeer peer(ca().server());
  connect(peer.endpoint(), {.caPem = ca().pem()});
  EXPECT_THAT(bodyOf(get("/close")), HasSubstr(R"("resumed": false)"));
  EXPECT_THAT(bodyOf(get("/close")), HasSubstr(R"("resumed": true)"));
  EXPECT_THAT(bodyOf(get("/close")), HasSubstr(R"("resumed": true)"));
  ASSERT_TRUE(context_->replace({.caPem = ca().pem()}));
  EXPECT_THAT(bodyOf(get("/close")), HasSubstr(R"("resumed": false)"));
  EXPECT_THAT(bodyOf(get("/close")), HasSubstr(R"("resumed": true)"));
}

}  // namespace
}  // namespace faasbatch::net
