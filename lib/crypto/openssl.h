// OpenSSL's objects, owned, and read from PEM. For lib/crypto and for lib/net's TLS; nobody else includes
// this.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/crypto/certificate.h"

namespace faasbatch::crypto {

template <auto Free>
struct Freed {
  void operator()(auto* object) const { Free(object); }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

using BioHandle = Owned<BIO, BIO_free_all>;
using KeyHandle = Owned<EVP_PKEY, EVP_PKEY_free>;
using CertificateHandle = Owned<X509, X509_free>;
using StoreHandle = Owned<X509_STORE, X509_STORE_free>;

// Why OpenSSL refused, in its own words, of the first error in this thread's queue, which is emptied. The
// words are OpenSSL's constants: they never repeat what was given to it.
std::string opensslReason();

// The texts are read up to this size.
inline constexpr std::size_t kMaxPemBytes = 1 << 20;

// All certificates in `pem`, at least one; what is no certificate is skipped. `what` begins the message of
// the error, kind "InvalidCertificate".
base::Result<std::vector<CertificateHandle>> readCertificates(std::string_view pem, const std::string& what);
// The first private key in `pem`. One that is encrypted is refused: nobody is asked for a password. Same
// kind.
base::Result<KeyHandle> readKey(std::string_view pem, const std::string& what);
// The certificate or key as PEM; empty where there is no memory.
std::string toPem(X509* certificate);
std::string toPem(EVP_PKEY* key);

// Every certificate of `pem` is a trust anchor, self-signed or not.
base::Result<StoreHandle> readAuthorities(std::string_view pem, const std::string& what);

base::Result<CertificateFacts> factsOf(X509* certificate);
std::string describe(X509* certificate);  // for messages: name and validity

}  // namespace faasbatch::crypto
