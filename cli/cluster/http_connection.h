// A server anywhere: by libcurl, so with names, TLS and proxies, and as somebody.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/connection.h"
#include "lib/kube/access.h"
#include "lib/net/curl_client.h"
#include "lib/net/loop.h"

namespace faasbatch::cli {

inline constexpr base::Duration kHttpConnectTime = std::chrono::seconds(15);  // with the handshake

// Who one is. Both may be missing; of two certificates the token source's counts.
struct Credentials {
  std::optional<kube::ClientCertificate> certificate;
  std::shared_ptr<kube::TokenSource> token;
};

struct HttpTarget {
  std::string url;   // "https://gateway.example:8443"
  net::CurlTls tls;  // a certificate in it does not count, that of the credentials does
  Credentials credentials;
};

// Who one is goes with every call: a token as Authorization, a certificate in the handshake. After a 401 the
// token is asked for anew and the call sent again, once. Loop thread only; a call runs the loop until it has
// its answer. `explain` makes of libcurl's words what the user reads.
class HttpConnection final : public Connection {
 public:
  using Explain = std::function<std::string(const std::string& why)>;
  // `loop` must outlive it. Nothing is asked yet.
  HttpConnection(net::EventLoop& loop, HttpTarget target, Explain explain);

  base::Result<net::Response> call(const net::Request& request, base::Duration time) override;

 private:
  base::Result<net::Response> send(net::Request request, base::Instant deadline);
  base::Result<kube::TokenSource::Credential> credential();
  base::Result<void> connect(const std::optional<kube::ClientCertificate>& certificate);

  net::EventLoop& loop_;
  HttpTarget target_;
  Explain explain_;
  std::unique_ptr<net::CurlClient> curl_;
  std::optional<kube::ClientCertificate> shown_;
};

}  // namespace faasbatch::cli
