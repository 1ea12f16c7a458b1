#include "lib/kube/transport.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "lib/kube/warning.h"
#include "lib/net/http.h"

namespace faasbatch::kube {

struct Transport::Call {
  net::Request request;
  Repeat repeat = Repeat::kOnce;
  Done done;
  base::Instant deadline;
  int failures = 0;
  bool refused = false;  // 401, once already
};

namespace {

bool same(const std::optional<ClientCertificate>& a, const std::optional<ClientCertificate>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->certificatePem == b->certificatePem && a->keyPem == b->keyPem);
}

}  // namespace

ApiError toApiError(const base::Error& error) {
  std::string reason = error.kind == "ConnectFailed" ? "Unreachable" : error.kind;
  if (error.kind == "BodyTooLarge") reason = "InvalidResponse";
  return {.reason = std::move(reason), .message = error.message};
}

base::Result<std::unique_ptr<Transport>> Transport::make(base::Loop& loop, Access access,
                                                         ClientOptions options) {
  std::unique_ptr<Transport> transport(new Transport(loop, std::move(access), std::move(options)));
  auto link = transport->makeLink(transport->access_.certificate);
  if (!link) return std::unexpected(std::move(link.error()));
  transport->links_.push_back(std::move(*link));
  return transport;
}

Transport::Transport(base::Loop& loop, Access access, ClientOptions options)
    : loop_(loop),
      access_(std::move(access)),
      options_(std::move(options)),
      random_(std::random_device{}()),
      self_(std::make_shared<Transport*>(this)) {}

// Calls under way end "Cancelled" while their connections go: nobody may hear of it.
Transport::~Transport() {
  *self_ = nullptr;
  loop_.cancel(probeTimer_);
}

base::Result<std::shared_ptr<Transport::Link>> Transport::makeLink(
    const std::optional<ClientCertificate>& certificate) {
  net::CurlOptions options{.maxConnections = options_.maxConnections,
                           .maxWaiting = options_.maxWaiting,
                           .maxBodyBytes = options_.maxBodyBytes};
  options.tls = {.caPem = access_.caPem,
                 .serverName = access_.tlsServerName,
                 .insecureSkipVerify = access_.insecureSkipVerify};
  if (certificate) {
    options.tls.certificatePem = certificate->certificatePem;
    options.tls.keyPem = certificate->keyPem;
  }
  auto curl = net::CurlClient::make(loop_, access_.server, options);
  if (!curl) return std::unexpected(std::move(curl.error()));
  auto link = std::make_shared<Link>();
  link->curl = std::move(*curl);
  link->certificate = certificate;
  return link;
}

base::Result<std::shared_ptr<Transport::Link>> Transport::link(const Credential& credential) {
  const auto& certificate = credential.certificate ? credential.certificate : access_.certificate;
  if (same(links_.back()->certificate, certificate)) return links_.back();
  auto made = makeLink(certificate);
  if (!made) return made;
  links_.push_back(*made);
  retire();
  return made;
}

// Lets go of connections with an old certificate, once nothing goes over them.
void Transport::retire() {
  if (links_.size() == 1) return;
  // Not from inside a callback of the connection that goes.
  loop_.post([self = self_] {
    if (*self == nullptr) return;
    auto& links = (*self)->links_;
    const auto newest = links.back();
    std::erase_if(links, [&](const auto& link) { return link != newest && link->open == 0; });
  });
}

void Transport::withCredential(std::move_only_function<void(Transport&, base::Result<Credential>)> use) {
  auto then = [self = self_, use = std::move(use)](base::Result<Credential> credential) mutable {
    if (*self != nullptr) use(**self, std::move(credential));
  };
  if (access_.token != nullptr) {
    access_.token->get(std::move(then));
  } else {
    loop_.post([then = std::move(then)]() mutable { then(Credential{}); });
  }
}

net::Request Transport::authorized(const net::Request& request, const Credential& credential) const {
  net::Request copy = request;
  copy.headers.add("User-Agent", options_.userAgent);
  if (!credential.token.empty()) copy.headers.add("Authorization", "Bearer " + credential.token);
  return copy;
}

void Transport::call(net::Request request, Repeat repeat, Done done) {
  start(std::make_shared<Call>(Call{.request = std::move(request),
                                    .repeat = repeat,
                                    .done = std::move(done),
                                    .deadline = loop_.now() + options_.requestTime}));
}

void Transport::ask(net::Request request, base::Duration time, Done done) {
  start(std::make_shared<Call>(Call{.request = std::move(request),
                                    .repeat = Repeat::kOnce,
                                    .done = std::move(done),
                                    .deadline = loop_.now() + time,
                                    .failures = options_.maxRetries}));
}

void Transport::start(const std::shared_ptr<Call>& call) {
  withCredential([call](Transport& self, base::Result<Credential> credential) {
    if (credential) return self.send(call, *credential);
    self.failed(call, toApiError(credential.error()));
  });
}

void Transport::send(const std::shared_ptr<Call>& call, const Credential& credential) {
  const auto over = link(credential);
  if (!over) return failed(call, {.reason = "CredentialsUnavailable", .message = over.error().message});
  ++requests_;
  ++(*over)->open;
  (*over)->curl->call(authorized(call->request, credential), call->deadline,
                      [self = self_, call, over = over->get()](base::Result<net::Response> response) {
                        if (*self == nullptr) return;
                        if (--over->open == 0) (*self)->retire();
                        (*self)->answered(call, std::move(response));
                      });
}

void Transport::answered(const std::shared_ptr<Call>& call, base::Result<net::Response> response) {
  if (!response) {
    ApiError error = toApiError(response.error());
    hadNone(error);
    return failed(call, std::move(error));
  }
  hadAnswer();
  for (const auto& [name, value] : response->headers) {
    if (!options_.onWarning || !net::sameName(name, "Warning")) continue;
    for (const std::string& warning : parseWarnings(value)) options_.onWarning(warning);
  }
  if (response->status >= 200 && response->status < 300) return call->done(std::move(*response));
  if (response->status == 401 && access_.token != nullptr && !std::exchange(call->refused, true)) {
    access_.token->invalidate();
    return start(call);
  }
  const auto after = response->headers.find("Retry-After").value_or("");
  failed(call, parseApiError(response->status, response->body, after));
}

void Transport::failed(const std::shared_ptr<Call>& call, ApiError error) {
  const double random = std::uniform_real_distribution<>(0, 1)(random_);
  const auto wait = retryAfter(error, call->repeat, call->failures++, options_.maxRetries, random);
  if (!wait || loop_.now() + *wait >= call->deadline) return call->done(std::unexpected(std::move(error)));
  loop_.after(*wait, [self = self_, call] {
    if (*self != nullptr) (*self)->start(call);
  });
}

}  // namespace faasbatch::kube
