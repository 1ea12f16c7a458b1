// Subject alternative names (RFC 5280, 4.2.1.6). For lib/crypto's own sources.
#pragma once

#include <string>

#include "lib/crypto/openssl.h"

namespace faasbatch::crypto {

// Writes those of the request, if any, into the certificate. What is wrong with them; empty: nothing.
std::string addAlternativeNames(X509* certificate, const CertificateRequest& request, bool critical);

}  // namespace faasbatch::crypto
