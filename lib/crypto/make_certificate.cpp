#include <openssl/ec.h>
#include <openssl/err.h>

#include <ctime>

#include "lib/crypto/alternative_names.h"
#include "lib/crypto/openssl.h"

namespace faasbatch::crypto {
namespace {

using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using Number = Owned<BIGNUM, BN_free>;

constexpr int kSerialBits = 127;         // positive, and 20 octets at most (RFC 5280, 4.1.2.2)
constexpr std::size_t kMaxNames = 1000;  // of one certificate

// A certificate on its way: the first step that fails says why, and those behind it do nothing.
class Draft {
 public:
  Draft(const std::string& commonName, base::Instant notBefore, base::Instant notAfter)
      : commonName_(commonName), certificate_(X509_new()), key_(EVP_EC_gen("P-256")) {
    step(certificate_ && key_, "no memory for a key");
    if (notBefore >= notAfter) refuse("it would end before it begins");
    constexpr long kVersion3 = 2;
    X509* const c = certificate_.get();
    step(why_.empty() && X509_set_version(c, kVersion3) == 1 && setSerial() &&
             X509_set_pubkey(c, key_.get()) == 1,
         "it cannot be begun");
    step(why_.empty() && ASN1_TIME_set(X509_getm_notBefore(c), seconds(notBefore)) != nullptr &&
             ASN1_TIME_set(X509_getm_notAfter(c), seconds(notAfter)) != nullptr,
         "its validity cannot be written");
    if (!commonName.empty()) addToSubject("CN", commonName);
  }

  X509* certificate() { return certificate_.get(); }

  void refuse(const std::string& why) { step(false, why); }

  void addToSubject(const char* field, const std::string& text) {
    step(
        why_.empty() && X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate()), field, MBSTRING_UTF8,
                                                   reinterpret_cast<const unsigned char*>(text.data()),
                                                   static_cast<int>(text.size()), -1, 0) == 1,
        std::string(field) + " \"" + text + "\" is not 1 to 64 characters of UTF-8");
  }

  // `value` is a constant in the syntax of OpenSSL's configuration; what users name never goes this way.
  void addExtension(X509* issuer, int kind, const char* value) {
    if (!why_.empty()) return;
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate(), nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    step(extension && X509_add_ext(certificate(), extension.get(), -1) == 1,
         std::string("the extension ") + OBJ_nid2sn(kind) + " cannot be written");
  }

  void addAlternativeNames(const CertificateRequest& request, bool critical) {
    if (!why_.empty()) return;
    const std::string wrong = crypto::addAlternativeNames(certificate(), request, critical);
    step(wrong.empty(), wrong);
  }

  // nullptr: by itself.
  base::Result<KeyPair> sign(X509* issuer, EVP_PKEY* issuersKey) {
    const X509_NAME* const name = X509_get_subject_name(issuer == nullptr ? certificate() : issuer);
    step(why_.empty() && X509_set_issuer_name(certificate(), name) == 1 &&
             X509_sign(certificate(), issuersKey == nullptr ? key_.get() : issuersKey, EVP_sha256()) > 0,
         "it cannot be signed");
    KeyPair pair;
    if (why_.empty()) pair = {.certificatePem = toPem(certificate()), .keyPem = toPem(key_.get())};
    step(!pair.certificatePem.empty() && !pair.keyPem.empty(), "it cannot be written");
    ERR_clear_error();
    if (!why_.empty())
      return base::fail("CertificateFailed", "certificate of \"" + commonName_ + "\": " + why_);
    return pair;
  }

 private:
  static std::time_t seconds(base::Instant t) { return t.ns / 1'000'000'000; }

  void step(bool done, const std::string& why) {
    if (!done && why_.empty()) why_ = why;
  }

  bool setSerial() {
    const Number serial(BN_new());
    return serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate())) != nullptr;
  }

  std::string commonName_;
  CertificateHandle certificate_;
  KeyHandle key_;
  std::string why_;
};

const char* usage(const CertificateRequest& request) {
  return request.server && request.client ? "serverAuth,clientAuth"
         : request.server                 ? "serverAuth"
                                          : "clientAuth";
}

// What stands behind `ca` without its root, which the other side must have anyway.
std::string intermediates(const std::vector<CertificateHandle>& chain) {
  std::string pem;
  for (const CertificateHandle& each : chain) {
    if (X509_self_signed(each.get(), 0) == 0) pem += toPem(each.get());
  }
  return pem;
}

}  // namespace

base::Result<KeyPair> makeAuthority(const std::string& commonName, base::Instant notBefore,
                                    base::Instant notAfter) {
  Draft draft(commonName, notBefore, notAfter);
  if (commonName.empty()) draft.refuse("a CA needs a name");
  draft.addExtension(nullptr, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  draft.addExtension(nullptr, NID_key_usage, "critical,keyCertSign");
  draft.addExtension(nullptr, NID_subject_key_identifier, "hash");
  return draft.sign(nullptr, nullptr);
}

base::Result<KeyPair> issue(const KeyPair& ca, const CertificateRequest& request) {
  const auto chain = readCertificates(ca.certificatePem, "the CA's certificate");
  if (!chain) return base::fail("CertificateFailed", chain.error().message);
  const auto key = readKey(ca.keyPem, "the CA's key");
  if (!key) return base::fail("CertificateFailed", key.error().message);
  X509* const issuer = chain->front().get();

  Draft draft(request.commonName, request.notBefore, request.notAfter);
  if (X509_check_private_key(issuer, key->get()) != 1)
    draft.refuse("the CA's key is not that of its certificate");
  if (X509_check_ca(issuer) != 1) draft.refuse("the certificate given as the CA's is none of a CA");
  if (!request.server && !request.client) draft.refuse("it is for neither a server nor a client");
  if (request.dnsNames.size() + request.ipAddresses.size() + request.organizations.size() > kMaxNames)
    draft.refuse("it has more than " + std::to_string(kMaxNames) + " names");
  const bool nameless = request.commonName.empty() && request.organizations.empty();
  if (nameless && request.dnsNames.empty() && request.ipAddresses.empty())
    draft.refuse("it has no name at all");

  for (const std::string& organization : request.organizations) draft.addToSubject("O", organization);
  draft.addExtension(issuer, NID_basic_constraints, "critical,CA:FALSE");
  draft.addExtension(issuer, NID_key_usage, "critical,digitalSignature");
  draft.addExtension(issuer, NID_ext_key_usage, usage(request));
  draft.addExtension(issuer, NID_subject_key_identifier, "hash");
  draft.addExtension(issuer, NID_authority_key_identifier, "keyid");
  draft.addAlternativeNames(request, nameless);
  auto pair = draft.sign(issuer, key->get());
  if (pair) pair->certificatePem += intermediates(*chain);
  return pair;
}

}  // namespace faasbatch::crypto
