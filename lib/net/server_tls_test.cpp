// What is different in a server that speaks TLS. Its HTTP is tested in server*_test.cpp over every wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "lib/net/raw_peer.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// Answers with who has asked.
void whoAsks(Request request, Responder responder) {
  Response response{.status = 200, .headers = {}, .body = "nobody"};
  if (request.peer) {
    response.body = request.peer->commonName;
    for (const std::string& group : request.peer->organizations) response.body += " " + group;
  }
  responder.send(std::move(response));
}

const TestAuthority& ca() { return TestTls::get().ca; }

TlsServerOptions serverOptions(const std::string& clientCa = "", bool required = false) {
  const auto pair = ca().server();
  return {.certificatePem = pair.certificatePem,
          .keyPem = pair.keyPem,
          .clientCaPem = clientCa,
          .requireClientCertificate = required};
}

std::shared_ptr<TlsClientContext> clientWith(const crypto::KeyPair& pair) {
  return TlsClientContext::make({.caPem = ca().pem(),
                                 .serverName = "",
                                 .certificatePem = pair.certificatePem,
                                 .keyPem = pair.keyPem})
      .value();
}

std::string askedAs(const TestServer& server, const std::shared_ptr<TlsClientContext>& client) {
  const auto dialer = TlsConnector::of(*client).dialer(server.endpoint());
  RawPeer peer(server.endpoint(), true, dialer.get());
  const auto response = peer.exchange(kGet);
  return response ? response->body : "refused: " + peer.channel().tls()->reason();
}

TEST(TlsServer, KnowsItsClients) {
  const TestAuthority clients("clients");
  auto tls = TlsServerContext::make(serverOptions(clients.pem())).value();
  TestServer server(whoAsks, {}, tcpLoopback(), tls);
  EXPECT_EQ(askedAs(server, TestTls::get().client), "nobody");
  EXPECT_EQ(askedAs(server, clientWith(clients.client("alice", {"dev", "system:masters"}))),
            "alice dev system:masters");
  EXPECT_THAT(askedAs(server, clientWith(ca().client("mallory"))), StartsWith("refused"));
  EXPECT_THAT(askedAs(server, clientWith(clients.client("late", {}, -30min))), StartsWith("refused"));
  // A certificate for servers is none for clients.
  EXPECT_THAT(askedAs(server, clientWith(clients.server())), StartsWith("refused"));

  ASSERT_TRUE(tls->replace(serverOptions(clients.pem(), true)));
  EXPECT_THAT(askedAs(server, TestTls::get().client), HasSubstr("certificate required"));
  EXPECT_EQ(askedAs(server, clientWith(clients.client("alice"))), "alice");
}

// A connection, or a session that is resumed, lets nobody in for longer than the certificate that it began
// with.
TEST(TlsServer, HearsNobodyWhoseCertificateHasEndedSince) {
  const TestAuthority clients("clients");
  TestServer server(whoAsks, {}, tcpLoopback(), TlsServerContext::make(serverOptions(clients.pem())).value());
  const auto shortly = clientWith(clients.client("alice", {}, 3s));
  const auto dialer = TlsConnector::of(*shortly).dialer(server.endpoint());
  RawPeer peer(server.endpoint(), true, dialer.get());
  auto response = peer.exchange(kGet);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "alice");
  while (response && response->status == 200) {
    response = peer.exchange(kGet);
    std::this_thread::yield();
  }
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401);
  EXPECT_THAT(response->body, HasSubstr("the client certificate has expired: it was good until 20"));
  EXPECT_EQ(peer.readAll(), "") << "and the connection is closed";
  RawPeer resumed(server.endpoint(), true, dialer.get());
  const auto again = resumed.exchange(kGet);
  EXPECT_TRUE(!again || again->status == 401) << again->body;
}

TEST(TlsServer, AsksNobodyWithoutACa) {
  TestServer server(whoAsks, {}, Address(Wire::kTls));
  EXPECT_EQ(askedAs(server, clientWith(ca().client("alice"))), "nobody");
}

TEST(TlsServer, TakesAnotherCertificateWhileItRuns) {
  auto tls = TlsServerContext::make(serverOptions()).value();
  TestServer server(echo, {}, tcpLoopback(), tls);
  RawPeer old(server.endpoint());
  ASSERT_TRUE(old.exchange(kGet));

  const TestAuthority next("next");
  const auto pair = next.server();
  ASSERT_TRUE(tls->replace({.certificatePem = pair.certificatePem, .keyPem = pair.keyPem}));
  EXPECT_TRUE(old.exchange(kGet));
  EXPECT_THAT(askedAs(server, TestTls::get().client), StartsWith("refused"));
  const auto trusting = TlsClientContext::make({.caPem = next.pem()}).value();
  EXPECT_EQ(askedAs(server, trusting), "GET / ");

  const auto refused = tls->replace({.certificatePem = pair.certificatePem, .keyPem = ca().server().keyPem});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "InvalidCertificate");
  EXPECT_EQ(askedAs(server, trusting), "GET / ");
}

TEST(TlsServer, MayBeGivenCertificatesWhileClientsCome) {
  auto tls = TlsServerContext::make(serverOptions()).value();
  TestServer server(echo, {}, tcpLoopback(), tls);
  std::atomic<bool> done = false;
  std::thread replacing([&] {
    while (!done) EXPECT_TRUE(tls->replace(serverOptions()));
  });
  for (int i = 0; i < 30; ++i) EXPECT_EQ(askedAs(server, TestTls::get().client), "GET / ");
  done = true;
  replacing.join();
}

TEST(TlsServer, RefusesTextsThatAreNone) {
  const auto refused = [](const TlsServerOptions& options) {
    const auto made = TlsServerContext::make(options);
    if (made) return std::string("made");
    EXPECT_EQ(made.error().kind, "InvalidCertificate");
    EXPECT_THAT(made.error().message, testing::Not(HasSubstr("-----")));
    return made.error().message;
  };
  TlsServerOptions options = serverOptions();
  EXPECT_THAT(refused({}), HasSubstr("needs a certificate"));
  options.keyPem = ca().server().keyPem;
  EXPECT_THAT(refused(options), HasSubstr("the key is not that of the certificate of \"peer.test\""));
  options.keyPem = "";
  EXPECT_THAT(refused(options), HasSubstr("the certificate's key"));
  EXPECT_THAT(refused(serverOptions("nonsense")), HasSubstr("the clients' CA's certificate"));
  EXPECT_THAT(refused(serverOptions("", true)), HasSubstr("no CA is given"));
}

TEST(TlsServer, TellsPlainHttpWhatIsWrong) {
  TestServer server(echo, {}, Address(Wire::kTls));
  const Address plain(static_cast<const Endpoint&>(server.endpoint()));
  for (const std::string method : {"GET", "DELETE", "PROPFIND"}) {
    RawPeer peer(plain);
    ASSERT_TRUE(peer.send(method + " / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"));
    ASSERT_TRUE(peer.send(std::string(100'000, 'x')));
    const auto response = peer.readResponse();
    ASSERT_TRUE(response) << method;
    EXPECT_EQ(response->status, 400);
    EXPECT_THAT(response->body, HasSubstr("this port speaks TLS"));
    bool wasReset = false;
    EXPECT_EQ(peer.readAll(&wasReset), "");
    EXPECT_FALSE(wasReset);
  }
}

// What is no handshake is answered with an alert at most, and leaves nothing.
TEST(TlsServer, ClosesOnNonsense) {
  using namespace std::string_literals;
  TestServer server(echo, {.headerTime = 60ms, .lingerTime = 20ms}, Address(Wire::kTls));
  const Address plain(static_cast<const Endpoint&>(server.endpoint()));
  for (const std::string& bytes :
       {"\x16\x03\x01\x00\x05hello"s, "\0\0\0\0\0\0\0\0"s, "get / HTTP/1.1\r\n\r\n"s,
        "\x16\x03\x01\xff\xff"s + std::string(70'000, 'x'), "\x80\x2e\x01\x03\x01"s}) {
    RawPeer peer(plain);
    peer.send(bytes);
    const std::string answer = peer.readAll();
    EXPECT_LE(answer.size(), 7U) << bytes.substr(0, 20);  // an alert
    EXPECT_TRUE(answer.empty() || answer[0] == '\x15');
  }
  while (server.connections() > 0) std::this_thread::yield();
}

// What a client says first.
std::string clientHello() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const auto dialer = TlsConnector::of(*TestTls::get().client).dialer(tcpLoopback());
  const auto stream = dialer->dial(ends[0]);
  EXPECT_EQ(stream->handshake(), TlsStream::Status::kWantRead);
  char bytes[4096];
  const ssize_t size = ::recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT);
  ::close(ends[0]);
  ::close(ends[1]);
  return {bytes, static_cast<std::size_t>(size)};
}

TEST(TlsServer, BoundsSlowHandshakes) {
  TestServer server(echo, {.headerTime = 60ms}, Address(Wire::kTls));
  const Address plain(static_cast<const Endpoint&>(server.endpoint()));
  const std::string hello = clientHello();
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, hello.size() / 2, hello.size()}) {
    RawPeer peer(plain);
    ASSERT_TRUE(peer.send(hello.substr(0, size)));
    const std::string answer =
        peer.readAll();  // ends, in the last case behind the server's part of the handshake
    EXPECT_EQ(answer.empty(), size < hello.size()) << size;
  }
  RawPeer trickling(plain);
  for (std::size_t at = 0; at < hello.size() - 1 && trickling.send(hello.substr(at, 1)); ++at) {
    if (trickling.hasInput()) break;
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(trickling.readAll(), "");
  while (server.connections() > 0) std::this_thread::yield();
}

// The end of an answer and the end of a connection are told apart from a cut.
TEST(TlsServer, SaysWhenItIsDone) {
  TestServer server(
      [](Request request, Responder responder) {
        responder.begin(200, {});
        responder.write("half");
        if (request.path() == "/cut") responder.abort();
        responder.end();
      },
      {.idleTime = 60ms}, Address(Wire::kTls));
  bool wasReset = false;
  RawPeer idle(server.endpoint());
  ASSERT_TRUE(idle.exchange(kGet));
  EXPECT_EQ(idle.readAll(&wasReset), "");
  EXPECT_FALSE(wasReset);
  RawPeer old(server.endpoint());
  ASSERT_TRUE(old.send("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(old.readAll(&wasReset), testing::EndsWith("\r\n\r\nhalf"));
  EXPECT_FALSE(wasReset);
  RawPeer cut(server.endpoint());
  ASSERT_TRUE(cut.send("GET /cut HTTP/1.0\r\n\r\n"));
  cut.readAll(&wasReset);
  EXPECT_TRUE(wasReset);
}

}  // namespace
}  // namespace faasbatch::net
