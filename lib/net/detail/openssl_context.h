// What servers' and clients' TLS have in common. For lib/net's TLS sources.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "lib/base/error.h"
#include "lib/crypto/openssl.h"

namespace faasbatch::net {

using SslContextHandle = crypto::Owned<SSL_CTX, SSL_CTX_free>;

inline constexpr unsigned char kAlpn[] = "\x08http/1.1";  // length-prefixed (RFC 7301)
inline constexpr unsigned kAlpnSize = sizeof kAlpn - 1;

// Protocols, ciphers, modes and, where there is one, the certificate. Kind "InvalidCertificate".
base::Result<SslContextHandle> makeSslContext(const SSL_METHOD* method, const crypto::KeyPair& pair);
// Trusts these and no others. Same kind.
base::Result<void> trustOnly(SSL_CTX* context, const std::string& caPem, const std::string& what);

}  // namespace faasbatch::net
