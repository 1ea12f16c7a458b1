// libcurl's client against a TLS server that is not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/curl_test_client.h"
#include "lib/net/test_certificates.h"
#include "lib/net/test_server.h"
#include "lib/net/tls_peer_test.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

Request get(std::string target) {
  Request request{.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
  request.headers.add("Authorization", "Bearer secret");
  return request;
}

CurlOptions trusting(const std::string& caPem, const std::string& serverName = "") {
  CurlOptions options;
  options.tls.caPem = caPem;
  options.tls.serverName = serverName;
  return options;
}

std::string bodyOf(const base::Result<Response>& outcome) {
  return outcome ? outcome->body : outcome.error().kind + ": " + outcome.error().message;
}

class CurlTlsTest : public testing::Test, protected TestCurlClient {
 protected:
  // What a call that must fail says.
  std::string refusal(const std::string& url, const CurlOptions& options) {
    connect(url, options);
    const auto outcome = call(get("/"));
    if (outcome) return "nothing";
    EXPECT_EQ(outcome.error().kind, "ConnectFailed");
    EXPECT_THAT(outcome.error().message,
                AllOf(HasSubstr(url), Not(HasSubstr("secret")), Not(HasSubstr("-----"))));
    return outcome.error().message;
  }

  TestAuthority ca_;
};

TEST_F(CurlTlsTest, SpeaksTlsToWhomItTrusts) {
  const TlsPeer peer(ca_.server());
  connect(peer.url(), trusting(ca_.pem()));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(bodyOf(call(get("/a"))), HasSubstr(R"("path": "/a")"));
  connect(peer.url("localhost"), trusting(TestAuthority("other").pem() + ca_.pem()));
  EXPECT_THAT(bodyOf(call(get("/a"))), HasSubstr(R"("serverName": "localhost")"));
}

TEST_F(CurlTlsTest, SaysWhatIsWrongWithACertificate) {
  const TlsPeer peer(ca_.server());
  EXPECT_THAT(refusal(peer.url(), trusting(TestAuthority().pem())), HasSubstr("SSL certificate problem"));
  EXPECT_THAT(refusal(peer.url(), trusting("")), HasSubstr("unable to get local issuer"));
  EXPECT_THAT(refusal(peer.url(), trusting(ca_.pem(), "other.test")), HasSubstr("'other.test'"));
  const TlsPeer late(ca_.expired());
  EXPECT_THAT(refusal(late.url(), trusting(ca_.pem())), HasSubstr("certificate has expired"));
  const TlsPeer named(ca_.namedOnly("peer.test"));
  EXPECT_THAT(refusal(named.url(), trusting(ca_.pem())), HasSubstr("'127.0.0.1'"));
  EXPECT_THAT(refusal(named.url("localhost"), trusting(ca_.pem())), HasSubstr("'localhost'"));
}

TEST_F(CurlTlsTest, MayBeToldToTrustAnybody) {
  const TlsPeer late(ca_.expired());
  CurlOptions options;
  options.tls.insecureSkipVerify = true;
  connect(late.url(), options);
  EXPECT_THAT(bodyOf(call(get("/a"))), HasSubstr(R"("path": "/a")"));
}

TEST_F(CurlTlsTest, VerifiesAndSendsTheServerName) {
  const TlsPeer peer(ca_.namedOnly("peer.test"));
  connect(peer.url(), trusting(ca_.pem(), "peer.test"));
  const std::string body = bodyOf(call(get("/a")));
  EXPECT_THAT(body, HasSubstr(R"("serverName": "peer.test")"));
  EXPECT_THAT(body, HasSubstr("\"host\": \"" + peer.url().substr(8) + "\""));
}

TEST_F(CurlTlsTest, ShowsItsCertificate) {
  const TlsPeer peer(ca_.server(), ca_.pem(), true);
  CurlOptions options = trusting(ca_.pem());
  const auto pair = ca_.client("alice");
  options.tls.certificatePem = pair.certificatePem;
  options.tls.keyPem = pair.keyPem;
  connect(peer.url(), options);
  EXPECT_THAT(bodyOf(call(get("/a"))), HasSubstr(R"("peer": "alice")"));

  // TLS 1.3 tells a client of its refusal only when that believes itself connected.
  connect(peer.url(), trusting(ca_.pem()));
  const auto none = call(get("/a"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().kind, AnyOf("ConnectFailed", "ConnectionLost"));
  EXPECT_THAT(none.error().message, Not(HasSubstr("secret")));
  const auto stranger = TestAuthority("strangers").client("bob");
  options.tls.certificatePem = stranger.certificatePem;
  options.tls.keyPem = stranger.keyPem;
  connect(peer.url(), options);
  EXPECT_FALSE(call(get("/a")));
}

TEST_F(CurlTlsTest, RefusesTextsThatAreNone) {
  const auto pair = ca_.client("alice");
  const auto refused = [this](const CurlTls& tls) {
    const auto made =
        thread().on([&] { return CurlClient::make(thread().loop(), "https://h", {.tls = tls}); });
    if (made) return std::string("made");
    EXPECT_EQ(made.error().kind, "InvalidCertificate");
    EXPECT_THAT(made.error().message, Not(HasSubstr("-----")));
    return made.error().message;
  };
  EXPECT_THAT(refused({.caPem = "nonsense"}), HasSubstr("the CA's certificate"));
  EXPECT_THAT(refused({.certificatePem = pair.certificatePem}), HasSubstr("the certificate's key"));
  EXPECT_THAT(refused({.keyPem = pair.keyPem}), HasSubstr("the certificate: no PEM"));
  EXPECT_THAT(refused({.certificatePem = pair.certificatePem, .keyPem = ca_.client("bob").keyPem}),
              HasSubstr("the key is not that of the certificate of \"alice\""));
  EXPECT_EQ(refused({.certificatePem = pair.certificatePem, .keyPem = pair.keyPem}), "made");
}

TEST_F(CurlTlsTest, SaysThatThePeerSpeaksNoTls) {
  TestServer plain(echo);
  EXPECT_THAT(refusal("https://" + plain.endpoint().describe(), trusting(ca_.pem())),
              HasSubstr("wrong version number"));
}

TEST_F(CurlTlsTest, StreamsAndTellsACutStream) {
  const TlsPeer peer(ca_.server());
  connect(peer.url(), trusting(ca_.pem()));
  const auto cut = stream(get("/cut"));
  EXPECT_EQ(cut->firstData.get_future().get(), "first");
  const auto lost = cut->end.get_future().get();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, "ConnectionLost");
  const auto hanging = stream(get("/hang"), 200ms);
  EXPECT_EQ(hanging->firstData.get_future().get(), "first");
  EXPECT_EQ(hanging->end.get_future().get().error().kind, "DeadlineExceeded");
  const auto cancelled = stream(get("/hang"));
  EXPECT_EQ(cancelled->firstData.get_future().get(), "first");
  thread().on([&] { client()->cancel(cancelled->id); });
  EXPECT_TRUE(call(get("/")));
}

}  // namespace
}  // namespace faasbatch::net
