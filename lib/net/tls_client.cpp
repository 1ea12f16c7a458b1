#include <arpa/inet.h>

#include <mutex>
#include <utility>

#include "lib/net/detail/openssl_context.h"
#include "lib/net/detail/openssl_stream.h"

namespace faasbatch::net {
namespace {

using SessionHandle = crypto::Owned<SSL_SESSION, SSL_SESSION_free>;

int onNewSession(SSL* ssl, SSL_SESSION* session);

base::Result<SslContextHandle> makeContext(const TlsClientOptions& options) {
  auto context = makeSslContext(TLS_client_method(), {options.certificatePem, options.keyPem});
  if (!context) return context;
  SSL_CTX* const c = context->get();
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER, &OpenSslStream::onVerified);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(c, &onNewSession);
  SSL_CTX_set_alpn_protos(c, kAlpn, kAlpnSize);
  if (!options.caPem.empty()) {
    if (auto trusted = trustOnly(c, options.caPem, "the CA's certificate"); !trusted)
      return std::unexpected(std::move(trusted.error()));
  }
  return context;
}

bool isAddress(const std::string& name) {
  in6_addr ignored{};
  return inet_pton(AF_INET, name.c_str(), &ignored) == 1 || inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

// Whom the certificate must name, in its subject alternative names.
bool setName(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(wanted,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (isAddress(name))
    return X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1;  // SNI has no addresses
  return X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

// A context at one time, so that a session is not resumed under another.
struct Settings {
  std::shared_ptr<SSL_CTX> context;
  std::string serverName;
};

class ClientContext;

class Dialer final : public TlsDialer {
 public:
  Dialer(ClientContext& context, std::string host) : context_(context), host_(std::move(host)) {}

  std::unique_ptr<TlsStream> dial(int socket) override;

  // Where an SSL object has its dialer.
  static int index() {
    static const int kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return kIndex;
  }
  // A ticket may come on a connection that was made before the certificates were replaced. False: not kept.
  bool keep(SSL* ssl, SSL_SESSION* session) {
    if (SSL_get_SSL_CTX(ssl) != used_.get()) return false;
    session_.reset(session);
    return true;
  }

 private:
  ClientContext& context_;
  std::string host_;
  std::shared_ptr<SSL_CTX> used_;  // by session_
  SessionHandle session_;
};

// Called as tickets arrive, from inside a read on the loop's thread.
int onNewSession(SSL* ssl, SSL_SESSION* session) {
  auto* const dialer = static_cast<Dialer*>(SSL_get_ex_data(ssl, Dialer::index()));
  return dialer != nullptr && dialer->keep(ssl, session) ? 1 : 0;
}

class ClientContext final : public TlsConnector {
 public:
  explicit ClientContext(Settings settings) : settings_(std::move(settings)) {}

  base::Result<void> replace(const TlsClientOptions& options) override {
    auto context = makeContext(options);
    if (!context) return std::unexpected(std::move(context.error()));
    const std::lock_guard lock(mutex_);
    settings_ = {std::move(*context), options.serverName};
    return {};
  }

  std::unique_ptr<TlsDialer> dialer(const Endpoint& endpoint) override {
    const bool named = endpoint.kind == Endpoint::Kind::kTcp && !endpoint.host.empty();
    return std::make_unique<Dialer>(*this, named ? endpoint.host : "localhost");
  }

  Settings settings() {
    const std::lock_guard lock(mutex_);
    return settings_;
  }

 private:
  std::mutex mutex_;  // guards the next one
  Settings settings_;
};

std::unique_ptr<TlsStream> Dialer::dial(int socket) {
  Settings settings = context_.settings();
  if (settings.context != used_) session_ = nullptr;
  used_ = settings.context;
  SslHandle ssl(SSL_new(used_.get()));
  const std::string& name = settings.serverName.empty() ? host_ : settings.serverName;
  if (!ssl || !setName(ssl.get(), name) || SSL_set_ex_data(ssl.get(), index(), this) != 1) return nullptr;
  if (session_) SSL_set_session(ssl.get(), session_.get());
  SSL_set_connect_state(ssl.get());
  return OpenSslStream::make(std::move(ssl), socket);
}

}  // namespace

base::Result<std::shared_ptr<TlsClientContext>> TlsClientContext::make(const TlsClientOptions& options) {
  auto context = makeContext(options);
  if (!context) return std::unexpected(std::move(context.error()));
  return std::make_shared<ClientContext>(Settings{std::move(*context), options.serverName});
}

}  // namespace faasbatch::net
