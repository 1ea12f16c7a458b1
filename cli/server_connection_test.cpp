// Against TLS servers of this process, with certificates of every kind.
#include "cli/server_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <mutex>

#include "cli/api.h"
#include "lib/kube/token_source.h"
#include "lib/net/loop_thread.h"
#include "lib/net/server.h"
#include "lib/net/test_certificates.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Answers with who asked: "Authorization|name in the certificate|Host".
class Echo {
 public:
  Echo() : Echo(nullptr) {}
  explicit Echo(const crypto::KeyPair& pair, const std::string& clientCa = "", bool required = false)
      : Echo(net::TlsServerContext::make({.certificatePem = pair.certificatePem,
                                          .keyPem = pair.keyPem,
                                          .clientCaPem = clientCa,
                                          .requireClientCertificate = required})
                 .value()) {}
  ~Echo() {
    thread_.on([this] { server_ = nullptr; });
  }

  std::string url(const std::string& host = "127.0.0.1", const std::string& scheme = "https") const {
    return scheme + "://" + host + ":" + std::to_string(port_);
  }
  // The token that is taken; any other is answered 401.
  void want(std::string token) {
    const std::lock_guard lock(mutex_);
    wanted_ = "Bearer " + std::move(token);
  }

 private:
  explicit Echo(std::shared_ptr<net::TlsServerContext> tls) {
    thread_.on([&] {
      auto server = net::Server::listen(
          thread_.loop(), *net::Endpoint::parse("127.0.0.1:0"), {},
          [this](const net::Request& request, net::Responder to) { to.send(answer(request)); }, nullptr, tls);
      server_ = std::move(*server);
      port_ = server_->endpoint().port;
    });
  }
  net::Response answer(const net::Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string shown(request.headers.find("Authorization").value_or(""));
    if (!wanted_.empty() && shown != wanted_) return {.status = 401, .headers = {}, .body = "{}"};
    return {.status = 200,
            .headers = {},
            .body = shown + "|" + (request.peer ? request.peer->commonName : "") + "|" +
                    std::string(request.headers.find("Host").value_or(""))};
  }

  std::mutex mutex_;
  std::string wanted_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Server> server_;
  net::LoopThread thread_;
};

class ServerConnection : public ::testing::Test {
 protected:
  ServerConnection() {
    ::setenv("no_proxy", "*", 1);
    ::unsetenv("FAASBATCH_TOKEN");
    arguments_.flags.certificateAuthority = file("ca.crt", ca_.pem());
  }
  ~ServerConnection() override { ::unsetenv("FAASBATCH_TOKEN"); }

  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_.file(name)) << text;
    return folder_.file(name);
  }
  void show(const crypto::KeyPair& pair) {
    arguments_.flags.clientCertificate = file("me.crt", pair.certificatePem);
    arguments_.flags.clientKey = file("me.key", pair.keyPem);
  }
  // What the server saw, or the error.
  std::string ask(const std::string& server, Credentials own = {}) {
    arguments_.server = server;
    auto connection = connectToServer(*loop_, arguments_, std::move(own));
    if (!connection) return connection.error().kind + ": " + connection.error().message;
    const auto got = (*connection)->call({.method = "GET", .target = "/", .headers = {}, .body = ""}, 20s);
    if (!got) return got.error().message;
    return got->status == 200 ? got->body : "HTTP " + std::to_string(got->status);
  }

  net::TestAuthority ca_;
  testing::TempDir folder_;
  Arguments arguments_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
};

TEST_F(ServerConnection, NamesTheCauseAndWhatToDo) {
  const Echo good(ca_.server());
  EXPECT_THAT(ask(good.url()), StartsWith("||127.0.0.1:"));
  EXPECT_THAT(ask(good.url("localhost")), StartsWith("||localhost:"));
  const Echo late(ca_.expired());
  EXPECT_THAT(ask(late.url()),
              AllOf(StartsWith(late.url() + ": its certificate has expired ("), HasSubstr("renew")));
  const Echo named(ca_.namedOnly("gateway.example"));
  EXPECT_THAT(ask(named.url()), AllOf(HasSubstr("is for another name ("), HasSubstr("--tls-server-name")));
  arguments_.flags.tlsServerName = "gateway.example";
  EXPECT_THAT(ask(named.url()), StartsWith("||127.0.0.1:"));
  EXPECT_THAT(ask(good.url()), HasSubstr("'gateway.example'"));
  arguments_.flags.tlsServerName = "";
  const Echo plain;
  EXPECT_THAT(ask(plain.url()), AllOf(HasSubstr("does not speak TLS ("), HasSubstr("http://")));
  EXPECT_THAT(ask("https://127.0.0.1:1"), HasSubstr("nothing answers there ("));
  EXPECT_THAT(ask("https://nosuch.invalid"), HasSubstr("there is no host of that name"));
}

TEST_F(ServerConnection, TrustsTheSystemsAuthoritiesOrTheFileOnly) {
  const Echo good(ca_.server());
  for (const std::string& authorities :
       {std::string(), file("other.crt", net::TestAuthority("other").pem())}) {
    arguments_.flags.certificateAuthority = authorities;
    EXPECT_THAT(ask(good.url()), AllOf(HasSubstr("an authority that is not trusted here"),
                                       HasSubstr("--certificate-authority FILE")));
  }
  arguments_.flags.insecureSkipTlsVerify = true;
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(ask(good.url()), StartsWith("||127.0.0.1:"));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("warning: --insecure-skip-tls-verify"), HasSubstr(good.url())));
}

TEST_F(ServerConnection, ShowsTheCertificateOfTheFlags) {
  const Echo server(ca_.server(), ca_.pem(), true);
  EXPECT_THAT(ask(server.url()), HasSubstr("--client-certificate and --client-key"));
  show(net::TestAuthority("strangers").client("bob"));
  EXPECT_THAT(ask(server.url()), HasSubstr("does not take the client certificate"));
  show(ca_.client("alice"));
  EXPECT_THAT(ask(server.url()), StartsWith("|alice|"));
  ::setenv("FAASBATCH_TOKEN", "t", 1);
  EXPECT_THAT(ask(server.url()), StartsWith("|alice|"));
  arguments_.flags.clientKey = file("other.key", ca_.client("carol").keyPem);
  EXPECT_THAT(ask(server.url()), AllOf(HasSubstr("key"), Not(HasSubstr("-----"))));
  arguments_.flags.clientKey = folder_.file("none");
  EXPECT_THAT(ask(server.url()), StartsWith("CredentialsUnavailable: --client-key: cannot read "));
}

TEST_F(ServerConnection, ShowsTheTokenOfTheFlagsThenOfTheEnvironmentThenTheUsersOwn) {
  const Echo server(ca_.server(), ca_.pem());
  const auto pair = ca_.client("alice");
  const Credentials own{.certificate = kube::ClientCertificate{pair.certificatePem, pair.keyPem},
                        .token = kube::fixedToken(*loop_, "kubeconfig")};
  EXPECT_THAT(ask(server.url(), own), StartsWith("Bearer kubeconfig|alice|"));
  ::setenv("FAASBATCH_TOKEN", "environment", 1);
  EXPECT_THAT(ask(server.url(), own), StartsWith("Bearer environment||"));
  arguments_.flags.tokenFile = file("token", "file\n");
  EXPECT_THAT(ask(server.url(), own), StartsWith("Bearer file||"));
  arguments_.flags.tokenFile = "eyJhbGciOi.secret";
  EXPECT_THAT(ask(server.url(), own),
              AllOf(StartsWith("CredentialsUnavailable: --token-file"), Not(HasSubstr("eyJ"))));
}

TEST_F(ServerConnection, AsksForANewTokenOnce) {
  Echo server(ca_.server());
  server.want("new");
  arguments_.server = server.url();
  arguments_.flags.tokenFile = file("token", "old");
  const auto connection = connectToServer(*loop_, arguments_).value();
  const net::Request request{.method = "POST", .target = "/", .headers = {}, .body = "1"};
  EXPECT_EQ(connection->call(request, 20s)->status, 401);
  file("token", "new");
  EXPECT_EQ(connection->call(request, 20s)->status, 200);
}

TEST_F(ServerConnection, SaysHowToSayWhoOneIsWhenItIsNotKnown) {
  Echo server(ca_.server());
  server.want("right");
  arguments_.server = server.url();
  const auto refusal = [&] { return (*Api::open(arguments_))->succeed("GET", "/workflows").error().message; };
  EXPECT_THAT(refusal(), AllOf(HasSubstr("--token-file FILE"), HasSubstr("FAASBATCH_TOKEN")));
  Echo plain;
  plain.want("right");
  arguments_.server = plain.url("127.0.0.1", "http");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("https://"), HasSubstr("--token-file FILE")));
}

// A credential goes over TLS only.
TEST_F(ServerConnection, SpeaksPlainHttpByNameWithoutACredential) {
  const Echo plain;
  ::setenv("FAASBATCH_TOKEN", "t", 1);
  EXPECT_THAT(ask(plain.url("localhost", "http") + "/"), StartsWith("||localhost:"));
  EXPECT_THAT(ask("http://nosuch.invalid:1", {.certificate = {}, .token = kube::fixedToken(*loop_, "t")}),
              HasSubstr("no host of that name"));
  EXPECT_THAT(ask("https://me:secret@host"), AllOf(StartsWith("Usage: "), Not(HasSubstr("secret"))));
  EXPECT_THAT(ask("https://"), StartsWith("Usage: "));
  EXPECT_THAT(ask("https://host/?q=1"), StartsWith("Usage: "));
  EXPECT_THAT(ask("nonsense"), StartsWith("Usage: --server nonsense: "));
}

}  // namespace
}  // namespace faasbatch::cli
