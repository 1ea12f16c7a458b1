#include "lib/net/curl_tls.h"

#include <string>

#include "lib/crypto/openssl.h"

namespace faasbatch::net {
namespace {

bool setText(CURL* easy, CURLoption option, const std::string& text) {
  curl_blob blob{};
  blob.data =
      const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): curl only reads it
  blob.len = text.size();
  blob.flags = CURL_BLOB_NOCOPY;
  return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

}  // namespace

base::Result<void> checkCurlTls(const CurlTls& tls) {
  if (!tls.caPem.empty()) {
    const auto authorities = crypto::readCertificates(tls.caPem, "the CA's certificate");
    if (!authorities) return std::unexpected(authorities.error());
  }
  if (tls.certificatePem.empty() && tls.keyPem.empty()) return {};
  return crypto::checkKey({.certificatePem = tls.certificatePem, .keyPem = tls.keyPem});
}

bool setCurlTls(CURL* easy, const CurlTls& tls) {
  bool ok = curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
  if (!tls.caPem.empty()) {
    // The folder of the system's certificates would be trusted beside ours.
    ok = ok && curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr)) == CURLE_OK;
    ok = ok && setText(easy, CURLOPT_CAINFO_BLOB, tls.caPem);
  }
  if (!tls.certificatePem.empty()) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM") == CURLE_OK;
    ok = ok && setText(easy, CURLOPT_SSLCERT_BLOB, tls.certificatePem);
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM") == CURLE_OK;
    ok = ok && setText(easy, CURLOPT_SSLKEY_BLOB, tls.keyPem);
  }
  if (tls.insecureSkipVerify) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK;
  }
  return ok;
}

}  // namespace faasbatch::net
