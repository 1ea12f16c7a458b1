#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <ctime>

#include "lib/crypto/openssl.h"

namespace faasbatch::crypto {
namespace {

using ContextHandle = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
// The certificates are others'.
using StackHandle = Owned<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }>;

std::unexpected<base::Error> invalid(const std::string& why) { return base::fail("InvalidCertificate", why); }

base::Result<std::vector<CertificateHandle>> readPair(const KeyPair& pair) {
  auto chain = readCertificates(pair.certificatePem, "the certificate");
  if (!chain) return chain;
  const auto key = readKey(pair.keyPem, "the certificate's key");
  if (!key) return std::unexpected(key.error());
  X509* const leaf = chain->front().get();
  if (X509_check_private_key(leaf, key->get()) == 1) return chain;
  ERR_clear_error();
  return invalid("the key is not that of " + describe(leaf));
}

}  // namespace

base::Result<void> checkKey(const KeyPair& pair) {
  const auto chain = readPair(pair);
  if (!chain) return std::unexpected(chain.error());
  return {};
}

base::Result<void> checkPair(const KeyPair& pair, const std::string& caPem, base::Instant now) {
  const auto chain = readPair(pair);
  if (!chain) return std::unexpected(chain.error());
  const auto authorities = readAuthorities(caPem, "the CA's certificate");
  if (!authorities) return std::unexpected(authorities.error());
  X509* const leaf = chain->front().get();
  const StackHandle issuers(sk_X509_new_null());
  const ContextHandle context(X509_STORE_CTX_new());
  bool ready = issuers && context;
  for (const CertificateHandle& each : *chain) ready = ready && sk_X509_push(issuers.get(), each.get()) > 0;
  if (!ready || X509_STORE_CTX_init(context.get(), authorities->get(), leaf, issuers.get()) != 1)
    return invalid(opensslReason());
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(now.ns / 1'000'000'000));
  if (X509_verify_cert(context.get()) == 1) return {};
  ERR_clear_error();
  X509* const culprit = X509_STORE_CTX_get_current_cert(context.get());
  return invalid(describe(culprit == nullptr ? leaf : culprit) + " is not good at " +
                 base::formatRfc3339(now) + ": " +
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace faasbatch::crypto
