// The protocol itself, by a client of OpenSSL's that may do what ours does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

#include <algorithm>

#include "lib/net/detail/openssl_context.h"
#include "lib/net/raw_peer.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using testing::HasSubstr;
using SessionHandle = crypto::Owned<SSL_SESSION, SSL_SESSION_free>;

// Verifies nobody, speaks everything, blocks.
class LooseClient {
 public:
  explicit LooseClient(const Endpoint& endpoint, SSL_SESSION* session = nullptr, int version = 0,
                       const crypto::KeyPair& pair = {}, const std::string& alpn = "")
      : socket_(Address(endpoint)) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    if (version != 0) {
      SSL_CTX_set_min_proto_version(context_.get(), version);
      SSL_CTX_set_max_proto_version(context_.get(), version);
    }
    if (!pair.keyPem.empty()) {
      const auto chain = crypto::readCertificates(pair.certificatePem, "");
      SSL_CTX_use_certificate(context_.get(), chain->front().get());
      SSL_CTX_use_PrivateKey(context_.get(), crypto::readKey(pair.keyPem, "")->get());
    }
    const auto* const protocols = reinterpret_cast<const unsigned char*>(alpn.data());
    if (!alpn.empty()) SSL_CTX_set_alpn_protos(context_.get(), protocols, static_cast<unsigned>(alpn.size()));
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.fd());
    if (session != nullptr) SSL_set_session(ssl_.get(), session);
    connected_ = SSL_connect(ssl_.get()) == 1;
    if (!connected_) reason_ = crypto::opensslReason();
  }

  // A session that ends without a word is not resumed.
  ~LooseClient() {
    if (connected_) SSL_shutdown(ssl_.get());
  }
  LooseClient(const LooseClient&) = delete;
  LooseClient& operator=(const LooseClient&) = delete;

  bool connected() const { return connected_; }
  const std::string& reason() const { return reason_; }
  SSL* ssl() { return ssl_.get(); }
  bool resumed() { return SSL_session_reused(ssl_.get()) == 1; }

  // The body of an answer of known, short length; also takes in the ticket that came before it.
  std::string get() {
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    if (SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) return "";
    char bytes[4096];
    const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
    const std::string answer(bytes, static_cast<std::size_t>(std::max(got, 0)));
    const std::size_t body = answer.find("\r\n\r\n");
    return body == answer.npos ? "" : answer.substr(body + 4);
  }
  SessionHandle session() { return SessionHandle(SSL_get1_session(ssl_.get())); }

 private:
  RawPeer socket_;
  SslContextHandle context_;
  crypto::Owned<SSL, SSL_free> ssl_;
  bool connected_ = false;
  std::string reason_;
};

class TlsProtocol : public testing::Test {
 protected:
  TlsProtocol() {
    ::signal(SIGPIPE, SIG_IGN);  // of LooseClient
    server_ = std::make_unique<TestServer>(
        [](Request request, Responder responder) {
          responder.send(
              {.status = 200, .headers = {}, .body = request.peer ? request.peer->commonName : "nobody"});
        },
        ServerLimits{}, tcpLoopback(), tls_);
  }
  ~TlsProtocol() override { ::signal(SIGPIPE, SIG_DFL); }

  static TlsServerOptions options() {
    const auto pair = TestTls::get().ca.server();
    return {
        .certificatePem = pair.certificatePem, .keyPem = pair.keyPem, .clientCaPem = TestTls::get().ca.pem()};
  }
  const Endpoint& endpoint() const { return server_->endpoint(); }

  std::shared_ptr<TlsServerContext> tls_ = TlsServerContext::make(options()).value();
  std::unique_ptr<TestServer> server_;
};

TEST_F(TlsProtocol, IsTls12OrLater) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    LooseClient client(endpoint(), nullptr, version);
    EXPECT_EQ(client.get(), "nobody") << version;
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const LooseClient client(endpoint(), nullptr, version);
    EXPECT_FALSE(client.connected());
    EXPECT_THAT(client.reason(), HasSubstr("protocol version"));
  }
}

TEST_F(TlsProtocol, HasForwardSecrecyAndAuthenticatedCiphersOnly) {
  LooseClient client(endpoint(), nullptr, TLS1_2_VERSION);
  EXPECT_THAT(SSL_get_cipher_name(client.ssl()), testing::MatchesRegex("ECDHE-.*(GCM|CHACHA20).*"));
}

TEST_F(TlsProtocol, ResumesSessionsAndKnowsTheirClients) {
  const auto alice = TestTls::get().ca.client("alice");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    LooseClient first(endpoint(), nullptr, version, alice);
    ASSERT_EQ(first.get(), "alice");
    EXPECT_FALSE(first.resumed());
    const auto session = first.session();
    for (int i = 0; i < 2; ++i) {
      LooseClient again(endpoint(), session.get(), version);
      EXPECT_EQ(again.get(), "alice");
      EXPECT_TRUE(again.resumed());
    }
    // Who was trusted before need not be now.
    ASSERT_TRUE(tls_->replace(options()));
    LooseClient late(endpoint(), session.get(), version);
    EXPECT_EQ(late.get(), "nobody");
    EXPECT_FALSE(late.resumed());
  }
}

TEST_F(TlsProtocol, SpeaksHttp11InsideOnly) {
  LooseClient both(endpoint(), nullptr, 0, {}, std::string("\x02h2\x08http/1.1"));
  ASSERT_TRUE(both.connected());
  const unsigned char* selected = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &selected, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(selected), size), "http/1.1");
  const LooseClient other(endpoint(), nullptr, 0, {}, std::string("\x02h2"));
  EXPECT_FALSE(other.connected());
  EXPECT_THAT(other.reason(), HasSubstr("no application protocol"));
}

TEST_F(TlsProtocol, IsNotRenegotiated) {
  LooseClient client(endpoint(), nullptr, TLS1_2_VERSION);
  ASSERT_EQ(client.get(), "nobody");
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
  EXPECT_THAT(crypto::opensslReason(), HasSubstr("no renegotiation"));
}

TEST_F(TlsProtocol, TakesNewKeys) {
  LooseClient client(endpoint(), nullptr, TLS1_3_VERSION);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(client.get(), "nobody");
  }
}

}  // namespace
}  // namespace faasbatch::net
