#include <arpa/inet.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "lib/crypto/openssl.h"

namespace faasbatch::crypto {
namespace {

using Text = Owned<unsigned char, [](unsigned char* text) { OPENSSL_free(text); }>;
using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

std::unexpected<base::Error> invalid(const std::string& why) {
  return base::fail("InvalidCertificate", "the certificate " + why);
}

// Nothing where it is no text, or one with control characters: names go into logs and are compared by others,
// who may take a NUL for the end.
std::optional<std::string> plainText(const ASN1_STRING* value) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, value);
  const Text owned(bytes);
  if (size < 0) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  if (std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; })) return std::nullopt;
  return text;
}

bool readSubject(X509* certificate, CertificateFacts& facts) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(subject, i);
    const int field = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (field != NID_commonName && field != NID_organizationName) continue;
    auto text = plainText(X509_NAME_ENTRY_get_data(entry));
    if (!text) return false;
    if (field == NID_commonName) {
      facts.commonName = std::move(*text);
    } else {
      facts.organizations.push_back(std::move(*text));
    }
  }
  return true;
}

// Nothing where it has a length that no address has.
std::optional<std::string> addressText(const ASN1_OCTET_STRING* address) {
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return std::nullopt;
  char text[INET6_ADDRSTRLEN];
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text);
  return text;
}

bool readAlternativeNames(X509* certificate, CertificateFacts& facts) {
  int critical = 0;
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (!names) return critical == -1;  // there is none; else it cannot be read, or is there twice
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    auto text = type == GEN_DNS ? plainText(static_cast<const ASN1_STRING*>(value))
                                : addressText(static_cast<const ASN1_OCTET_STRING*>(value));
    if (!text) return false;
    (type == GEN_DNS ? facts.dnsNames : facts.ipAddresses).push_back(std::move(*text));
  }
  return true;
}

// Nothing where it is no time; saturates at what Instant can say.
std::optional<base::Instant> instantOf(const ASN1_TIME* time) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(time, &utc) != 1) return std::nullopt;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const std::int64_t seconds = timegm(&utc);
  if (seconds >= INT64_MAX / kNsPerSecond) return base::Instant::never();
  return base::Instant{std::max(seconds, INT64_MIN / kNsPerSecond) * kNsPerSecond};
}

}  // namespace

base::Result<CertificateFacts> factsOf(X509* certificate) {
  CertificateFacts facts;
  if (!readSubject(certificate, facts)) return invalid("has a subject that is no plain text");
  if (!readAlternativeNames(certificate, facts))
    return invalid("has subject alternative names that cannot be read");
  const auto notBefore = instantOf(X509_get0_notBefore(certificate));
  const auto notAfter = instantOf(X509_get0_notAfter(certificate));
  if (!notBefore || !notAfter) return invalid("has no readable validity");
  facts.notBefore = *notBefore;
  facts.notAfter = *notAfter;
  return facts;
}

std::string describe(X509* certificate) {
  const auto facts = factsOf(certificate);
  if (!facts) return "a certificate";
  return "the certificate of \"" + facts->commonName + "\" (valid from " +
         base::formatRfc3339(facts->notBefore) + " to " + base::formatRfc3339(facts->notAfter) + ")";
}

base::Result<CertificateFacts> readCertificate(const std::string& pem) {
  const auto certificates = readCertificates(pem, "the certificate");
  if (!certificates) return std::unexpected(certificates.error());
  return factsOf(certificates->front().get());
}

}  // namespace faasbatch::crypto
