#include "cli/server_connection.h"

#include <cstdlib>
#include <utility>

#include "cli/explain_server.h"
#include "cli/io.h"
#include "lib/kube/token_source.h"
#include "lib/net/curl_url.h"
#include "lib/net/endpoint.h"

namespace faasbatch::cli {
namespace {

constexpr std::size_t kMaxPemBytes = 1 << 20;

// A loop and what runs on it.
class OwnLoopConnection final : public Connection {
 public:
  OwnLoopConnection(std::unique_ptr<net::EventLoop> loop, std::unique_ptr<Connection> connection)
      : loop_(std::move(loop)), connection_(std::move(connection)) {}

  base::Result<net::Response> call(const net::Request& request, base::Duration time) override {
    return connection_->call(request, time);
  }

 private:
  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<Connection> connection_;
};

std::unexpected<base::Error> usage(std::string message) { return base::fail("Usage", std::move(message)); }

base::Result<std::string> pemOf(const char* flag, const std::string& file) {
  if (file.empty()) return std::string();
  auto pem = kube::readCredentialFile(file, kMaxPemBytes);
  if (!pem) return base::fail(pem.error().kind, std::string(flag) + ": " + pem.error().message);
  return pem;
}

// What the flags say; without them a token in the environment, then `own`.
base::Result<Credentials> credentials(net::EventLoop& loop, const ServerFlags& flags, Credentials own) {
  Credentials given;
  if (!flags.clientCertificate.empty()) {
    auto certificate = pemOf("--client-certificate", flags.clientCertificate);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    auto key = pemOf("--client-key", flags.clientKey);
    if (!key) return std::unexpected(std::move(key.error()));
    given.certificate = kube::ClientCertificate{std::move(*certificate), std::move(*key)};
  }
  if (!flags.tokenFile.empty()) {
    // Its name is not repeated: it may be a token, given by mistake.
    if (!kube::readCredentialFile(flags.tokenFile, kube::kMaxTokenBytes)) {
      return base::fail("CredentialsUnavailable",
                        "--token-file: this file cannot be read or is empty (a token itself is given in a "
                        "file or in FAASBATCH_TOKEN: everybody on this machine can read arguments)");
    }
    given.token = kube::fileToken(loop, flags.tokenFile);
  }
  if (given.certificate || given.token) return given;
  const char* const variable = std::getenv("FAASBATCH_TOKEN");
  if (variable == nullptr || *variable == '\0') return own;
  return Credentials{.certificate = std::nullopt, .token = kube::fixedToken(loop, variable)};
}

base::Result<HttpTarget> target(net::EventLoop& loop, const Arguments& a, Credentials own) {
  const auto url = net::CurlUrl::parse(a.server);
  if (!url) return usage("--server: " + url.error().message);
  if (!url->user.empty() || !url->password.empty()) {
    return usage("--server: no user and password in the URL; a token goes into a file (--token-file FILE)");
  }
  HttpTarget target;
  target.url = url->url;
  if (!isSecure(a.server)) return target;
  auto ca = pemOf("--certificate-authority", a.flags.certificateAuthority);
  if (!ca) return std::unexpected(std::move(ca.error()));
  auto who = credentials(loop, a.flags, std::move(own));
  if (!who) return std::unexpected(std::move(who.error()));
  target.tls = {.caPem = std::move(*ca),
                .serverName = a.flags.tlsServerName,
                .insecureSkipVerify = a.flags.insecureSkipTlsVerify};
  target.credentials = std::move(*who);
  return target;
}

}  // namespace

bool isSecure(const std::string& server) { return server.starts_with("https://"); }

base::Result<std::unique_ptr<Connection>> connectToServer(net::EventLoop& loop, const Arguments& arguments,
                                                          Credentials own) {
  const std::string& server = arguments.server;
  const bool byName = server.starts_with("http://") && !net::Endpoint::parse(server);
  if (!isSecure(server) && !byName) return connectDirectly(server);
  auto to = target(loop, arguments, std::move(own));
  if (!to) return std::unexpected(std::move(to.error()));
  if (to->tls.insecureSkipVerify) {
    complain("warning: --insecure-skip-tls-verify: whoever answers at " + to->url +
             " is believed, reads what is sent and gets your credential");
  }
  const std::string url = to->url;
  return std::make_unique<HttpConnection>(loop, std::move(*to),
                                          [url](const std::string& why) { return explainServer(url, why); });
}

base::Result<std::unique_ptr<Connection>> connectToServer(const Arguments& arguments) {
  auto loop = net::EventLoop::make();
  auto connection = connectToServer(*loop, arguments);
  if (!connection) return connection;
  return std::make_unique<OwnLoopConnection>(std::move(loop), std::move(*connection));
}

}  // namespace faasbatch::cli
