#include <mutex>
#include <utility>

#include "lib/net/detail/openssl_context.h"
#include "lib/net/detail/openssl_stream.h"

namespace faasbatch::net {
namespace {

constexpr long kSessionSeconds = 600;
constexpr std::size_t kTickets = 1;  // of a handshake: a client may use it for several connections
constexpr unsigned char kSessionContext[] = "faasbatch";

// A client that asks for a protocol must ask for ours; one that does not ask gets it.
int selectProtocol(SSL*, const unsigned char** selected, unsigned char* length, const unsigned char* offered,
                   unsigned size, void*) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, length, kAlpn, kAlpnSize, offered, size);
  *selected = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

base::Result<void> askForCertificates(SSL_CTX* context, const TlsServerOptions& options) {
  if (options.clientCaPem.empty()) {
    if (!options.requireClientCertificate) return {};
    return base::fail("InvalidCertificate", "client certificates are required, but no CA is given for them");
  }
  const std::string what = "the clients' CA's certificate";
  const auto authorities = crypto::readCertificates(options.clientCaPem, what);
  if (!authorities) return std::unexpected(authorities.error());
  for (const auto& each : *authorities) SSL_CTX_add_client_CA(context, each.get());
  const int required = options.requireClientCertificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, &OpenSslStream::onVerified);
  return trustOnly(context, options.clientCaPem, what);
}

base::Result<SslContextHandle> makeContext(const TlsServerOptions& options) {
  auto context = makeSslContext(TLS_server_method(), {options.certificatePem, options.keyPem});
  if (!context) return context;
  SSL_CTX* const c = context->get();
  if (SSL_CTX_get0_certificate(c) == nullptr)
    return base::fail("InvalidCertificate", "a server needs a certificate and its key");
  // Tickets only: what is remembered of a client lies with the client.
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(c, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_timeout(c, kSessionSeconds);
  SSL_CTX_set_num_tickets(c, kTickets);
  SSL_CTX_set_alpn_select_cb(c, &selectProtocol, nullptr);
  if (auto asked = askForCertificates(c, options); !asked) return std::unexpected(std::move(asked.error()));
  return context;
}

class ServerContext final : public TlsAcceptor {
 public:
  explicit ServerContext(SslContextHandle context) : context_(std::move(context)) {}

  base::Result<void> replace(const TlsServerOptions& options) override {
    auto context = makeContext(options);
    if (!context) return std::unexpected(std::move(context.error()));
    const std::lock_guard lock(mutex_);
    context_ = std::move(*context);
    return {};
  }

  std::unique_ptr<TlsStream> accept(int socket) override {
    SslHandle ssl;
    {
      const std::lock_guard lock(mutex_);
      ssl.reset(SSL_new(context_.get()));
    }
    if (ssl) SSL_set_accept_state(ssl.get());
    return OpenSslStream::make(std::move(ssl), socket);
  }

 private:
  std::mutex mutex_;  // guards the next one
  SslContextHandle context_;
};

}  // namespace

base::Result<std::shared_ptr<TlsServerContext>> TlsServerContext::make(const TlsServerOptions& options) {
  auto context = makeContext(options);
  if (!context) return std::unexpected(std::move(context.error()));
  return std::make_shared<ServerContext>(std::move(*context));
}

}  // namespace faasbatch::net
