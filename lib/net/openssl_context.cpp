#include "lib/net/detail/openssl_context.h"

#include <openssl/err.h>

namespace faasbatch::net {
namespace {

constexpr int kMaxChain = 10;  // certificates between a peer's and its CA's

// AES first, as processors have instructions for it; forward secrecy and authenticated encryption everywhere.
constexpr const char* kTls13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kTls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::unexpected<base::Error> invalid(const std::string& why) { return base::fail("InvalidCertificate", why); }

bool setProtocol(SSL_CTX* context) {
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // What an OutBuffer needs, no memory where nothing is under way, and the chain as it was given.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);  // one system call for a record, not two
  SSL_CTX_set_verify_depth(context, kMaxChain);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, kTls13) == 1 && SSL_CTX_set_cipher_list(context, kTls12) == 1;
}

base::Result<void> setCertificate(SSL_CTX* context, const crypto::KeyPair& pair) {
  if (auto checked = crypto::checkKey(pair); !checked) return checked;
  const auto chain = crypto::readCertificates(pair.certificatePem, "the certificate");
  const auto key = crypto::readKey(pair.keyPem, "the certificate's key");
  bool set = SSL_CTX_use_certificate(context, chain->front().get()) == 1;
  for (std::size_t i = 1; i < chain->size(); ++i)
    set = set && SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
  set = set && SSL_CTX_use_PrivateKey(context, key->get()) == 1;
  if (!set)
    return invalid(crypto::describe(chain->front().get()) + " cannot be used: " + crypto::opensslReason());
  return {};
}

}  // namespace

base::Result<SslContextHandle> makeSslContext(const SSL_METHOD* method, const crypto::KeyPair& pair) {
  ERR_clear_error();
  SslContextHandle context(SSL_CTX_new(method));
  if (!context || !setProtocol(context.get()))
    return invalid("TLS cannot be set up: " + crypto::opensslReason());
  if (pair.certificatePem.empty() && pair.keyPem.empty()) return context;
  if (auto set = setCertificate(context.get(), pair); !set) return std::unexpected(std::move(set.error()));
  return context;
}

base::Result<void> trustOnly(SSL_CTX* context, const std::string& caPem, const std::string& what) {
  auto store = crypto::readAuthorities(caPem, what);
  if (!store) return std::unexpected(std::move(store.error()));
  SSL_CTX_set_cert_store(context, store->release());
  return {};
}

}  // namespace faasbatch::net
