// X.509 certificates (RFC 5280): made for our own servers, and read.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::crypto {

struct KeyPair {
  std::string certificatePem;  // the certificate, then its issuers if any
  std::string keyPem;          // PKCS #8; a secret
};

struct CertificateRequest {
  std::string commonName;
  std::vector<std::string> dnsNames;     // subject alternative names
  std::vector<std::string> ipAddresses;  // likewise
  base::Instant notBefore;
  base::Instant notAfter;
  bool server = true;  // extended key usage
  bool client = false;
};

// ECDSA P-256. A CA signs certificates only; `issue` gives one signed by `ca`. Kind "CertificateFailed".
base::Result<KeyPair> makeAuthority(const std::string& commonName, base::Instant notBefore,
                                    base::Instant notAfter);
base::Result<KeyPair> issue(const KeyPair& ca, const CertificateRequest& request);

struct CertificateFacts {
  std::string commonName;
  std::vector<std::string> organizations;
  std::vector<std::string> dnsNames;
  base::Instant notBefore;
  base::Instant notAfter;
};
// Of the first certificate in the text. Kind "InvalidCertificate".
base::Result<CertificateFacts> readCertificate(const std::string& pem);
// Whether key and certificate belong together and the certificate is signed by one of `caPem`, at `now`. Kind
// "InvalidCertificate" says which of it is not so.
base::Result<void> checkPair(const KeyPair& pair, const std::string& caPem, base::Instant now);

}  // namespace faasbatch::crypto
