// TLS 1.2 and 1.3 for server.h and client.h (OpenSSL behind it). Certificates can be replaced while
// connections are open: those keep what they began with, new ones get the new.
//
// HTTP/1.1 is all that is spoken inside it (ALPN). No renegotiation, no compression, no early data. Who comes
// back within ten minutes resumes its session (tickets, RFC 8446, 4.6.1), until the certificates are
// replaced.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::net {

// The client's certificate, verified by the server. `organizations` are Kubernetes' groups.
struct PeerCertificate {
  std::string commonName;
  std::vector<std::string> organizations;
};

struct TlsServerOptions {
  std::string certificatePem;  // the server's, then its issuers
  std::string keyPem;
  // Not empty: clients are asked for a certificate; one that these have not signed ends the handshake. A
  // client that shows none is served all the same, unless `requireClientCertificate`.
  std::string clientCaPem;
  bool requireClientCertificate = false;
};

// Any thread.
class TlsServerContext {
 public:
  // Kind "InvalidCertificate" with what is wrong.
  static base::Result<std::shared_ptr<TlsServerContext>> make(const TlsServerOptions& options);
  virtual ~TlsServerContext() = default;
  // The same for connections from now on; where it fails the old one stays.
  virtual base::Result<void> replace(const TlsServerOptions& options) = 0;
};

struct TlsClientOptions {
  std::string caPem;  // the only ones trusted; empty: nobody is, until replace()
  // Verified against the server's certificate (its subject alternative names) and sent as SNI; empty: the
  // endpoint's host.
  std::string serverName;
  std::string certificatePem;  // shown where the server asks; both empty: none
  std::string keyPem;
};

// Any thread. Kinds as above.
class TlsClientContext {
 public:
  static base::Result<std::shared_ptr<TlsClientContext>> make(const TlsClientOptions& options);
  virtual ~TlsClientContext() = default;
  virtual base::Result<void> replace(const TlsClientOptions& options) = 0;
};

}  // namespace faasbatch::net
