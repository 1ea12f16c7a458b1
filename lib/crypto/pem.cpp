#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/crypto/openssl.h"

namespace faasbatch::crypto {
namespace {

std::unexpected<base::Error> invalid(const std::string& what, const std::string& why) {
  return base::fail("InvalidCertificate", what + ": " + why);
}

// Of its own, OpenSSL would ask on the terminal.
int noPassword(char*, int, int, void*) { return -1; }

// Null where the text is too long.
BioHandle reader(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return nullptr;
  return BioHandle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string textOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string tooLong() { return "the text is larger than " + std::to_string(kMaxPemBytes) + " bytes"; }

}  // namespace

std::string opensslReason() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown reason" : reason;
}

base::Result<std::vector<CertificateHandle>> readCertificates(std::string_view pem, const std::string& what) {
  const BioHandle bio = reader(pem);
  if (!bio) return invalid(what, tooLong());
  std::vector<CertificateHandle> certificates;
  ERR_clear_error();
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, noPassword, nullptr)) {
    certificates.emplace_back(next);
  }
  const bool atEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = opensslReason();
  if (!atEnd) {
    return invalid(what, "certificate " + std::to_string(certificates.size() + 1) +
                             " of the text cannot be read (" + reason + ")");
  }
  if (certificates.empty()) return invalid(what, "no PEM certificate in the text");
  return certificates;
}

base::Result<KeyHandle> readKey(std::string_view pem, const std::string& what) {
  const BioHandle bio = reader(pem);
  if (!bio) return invalid(what, tooLong());
  ERR_clear_error();
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr));
  ERR_clear_error();
  if (!key) return invalid(what, "no PEM private key in the text that can be read without a password");
  return key;
}

std::string toPem(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  return textOf(bio.get());
}

std::string toPem(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return {};
  return textOf(bio.get());
}

base::Result<StoreHandle> readAuthorities(std::string_view pem, const std::string& what) {
  const auto certificates = readCertificates(pem, what);
  if (!certificates) return std::unexpected(certificates.error());
  StoreHandle store(X509_STORE_new());
  bool added = store && X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) == 1;
  for (const CertificateHandle& each : *certificates)
    added = added && X509_STORE_add_cert(store.get(), each.get()) == 1;
  if (!added) return invalid(what, opensslReason());
  return store;
}

}  // namespace faasbatch::crypto
