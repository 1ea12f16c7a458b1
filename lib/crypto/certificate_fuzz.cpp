// Any bytes as a certificate: as PEM, and as the DER inside it.
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/crypto/certificate.h"

namespace {

using faasbatch::crypto::readCertificate;

bool isPlain(std::string_view name) {
  return name.find_first_of(std::string_view("\0\r\n\x7f", 4)) == name.npos;
}

void check(const std::string& pem) {
  const auto facts = readCertificate(pem);
  if (!facts) {
    if (facts.error().kind != "InvalidCertificate" || facts.error().message.empty()) std::abort();
    return;
  }
  if (!isPlain(facts->commonName)) std::abort();
  for (const auto& each : facts->organizations) {
    if (!isPlain(each)) std::abort();
  }
  for (const auto& each : facts->dnsNames) {
    if (!isPlain(each)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(std::string(reinterpret_cast<const char*>(data), size));
  std::string base64(size / 3 * 4 + 5, '\0');
  base64.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()), data, static_cast<int>(size))));
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < base64.size(); at += 64) pem += base64.substr(at, 64) + "\n";
  check(pem + "-----END CERTIFICATE-----\n");
  return 0;
}
