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
  std::string commonName;                  // 64 characters at most
  std::vector<std::string> dnsNames;       // subject alternative names; "*." in front is a wildcard
  std::vector<std::string> ipAddresses;    // likewise
  std::vector<std::string> organizations;  // of the subject; Kubernetes' groups
  base::Instant notBefore;
  base::Instant notAfter;
  bool server = true;  // extended key usage
  bool client = false;
};

// ECDSA P-256. A CA signs certificates only, of servers and clients and not of other CAs; `issue` gives one
// signed by `ca`. Kind "CertificateFailed".
base::Result<KeyPair> makeAuthority(const std::string& commonName, base::Instant notBefore,
                                    base::Instant notAfter);
base::Result<KeyPair> issue(const KeyPair& ca, const CertificateRequest& request);

// Of several common names the last, as Kubernetes has it.
struct CertificateFacts {
  std::string commonName;
  std::vector<std::string> organizations;
  std::vector<std::string> dnsNames;
  std::vector<std::string> ipAddresses;
  base::Instant notBefore;
  base::Instant notAfter;  // later than Instant can say: never()
};
// Of the first certificate in the text, which is not checked against anything. A name with control characters
// in it is refused. Kind "InvalidCertificate".
base::Result<CertificateFacts> readCertificate(const std::string& pem);
// Whether key and certificate belong together. Kind "InvalidCertificate" says what is not so, of checkPair()
// too.
base::Result<void> checkKey(const KeyPair& pair);
// And whether the certificate is signed by one of `caPem` (through the issuers behind it), all of them valid
// at `now`.
base::Result<void> checkPair(const KeyPair& pair, const std::string& caPem, base::Instant now);

}  // namespace faasbatch::crypto
