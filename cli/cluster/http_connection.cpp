#include "cli/cluster/http_connection.h"

#include <utility>

namespace faasbatch::cli {

HttpConnection::HttpConnection(net::EventLoop& loop, HttpTarget target, Explain explain)
    : loop_(loop), target_(std::move(target)), explain_(std::move(explain)) {}

base::Result<net::Response> HttpConnection::call(const net::Request& request, base::Duration time) {
  const base::Instant deadline = loop_.now() + time;
  auto answer = send(request, deadline);
  if (!answer || answer->status != 401 || target_.credentials.token == nullptr) return answer;
  target_.credentials.token->invalidate();
  return send(request, deadline);
}

base::Result<net::Response> HttpConnection::send(net::Request request, base::Instant deadline) {
  const auto shown = credential();
  if (!shown) return std::unexpected(shown.error());
  auto made = connect(shown->certificate ? shown->certificate : target_.credentials.certificate);
  if (!made) return std::unexpected(std::move(made.error()));
  if (!shown->token.empty()) request.headers.add("Authorization", "Bearer " + shown->token);
  request.headers.add("User-Agent", "kubectl-faasbatch");
  base::Result<net::Response> answer = base::fail("ConnectionLost", "no answer");
  curl_->call(std::move(request), deadline, [&](base::Result<net::Response> got) {
    answer = std::move(got);
    loop_.stop();
  });
  loop_.run();
  if (answer) return answer;
  return base::fail(answer.error().kind, explain_(answer.error().message));
}

base::Result<kube::TokenSource::Credential> HttpConnection::credential() {
  if (target_.credentials.token == nullptr) return kube::TokenSource::Credential{};
  base::Result<kube::TokenSource::Credential> got = base::fail("CredentialsUnavailable", "no answer");
  target_.credentials.token->get([&](base::Result<kube::TokenSource::Credential> credential) {
    got = std::move(credential);
    loop_.stop();
  });
  loop_.run();
  return got;
}

// Anew where another certificate is to be shown.
base::Result<void> HttpConnection::connect(const std::optional<kube::ClientCertificate>& certificate) {
  const bool same = shown_.has_value() == certificate.has_value() &&
                    (!shown_ || shown_->certificatePem == certificate->certificatePem);
  if (curl_ && same) return {};
  net::CurlOptions options{.maxConnections = 1,
                           .maxBodyBytes = kMaxAnswerBytes,
                           .connectTime = kHttpConnectTime,
                           .tls = target_.tls};
  options.tls.certificatePem = certificate ? certificate->certificatePem : "";
  options.tls.keyPem = certificate ? certificate->keyPem : "";
  auto curl = net::CurlClient::make(loop_, target_.url, std::move(options));
  if (!curl) return std::unexpected(std::move(curl.error()));
  curl_ = std::move(*curl);
  shown_ = certificate;
  return {};
}

}  // namespace faasbatch::cli
