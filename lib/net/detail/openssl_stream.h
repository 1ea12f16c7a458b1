// TlsStream by OpenSSL. For lib/net's TLS sources.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "lib/crypto/openssl.h"
#include "lib/net/detail/tls_stream.h"

namespace faasbatch::net {

using SslHandle = crypto::Owned<SSL, SSL_free>;

class OpenSslStream final : public TlsStream {
 public:
  // nullptr: no memory. Client or server as `ssl` is set.
  static std::unique_ptr<OpenSslStream> make(SslHandle ssl, int socket);

  Status handshake() override;
  Status read(std::span<char> room, std::size_t& bytes) override;
  OutBuffer::Sent send(OutBuffer& out) override;
  Status end() override;
  void awaited() override { drained_ = false; }
  bool hasBegun() const override { return begun_; }
  bool hasUnread() const override { return SSL_has_pending(ssl_.get()) == 1; }
  bool isPlainHttp() const override { return plainHttp_; }
  bool isRefused() const override { return refused_; }
  const std::string& reason() const override { return reason_; }
  base::Result<std::shared_ptr<const PeerCertificate>> peer() const override;
  base::Instant peerEnd() const override;

  // For SSL_CTX_set_verify(): notes down what is wrong with which certificate.
  static int onVerified(int ok, X509_STORE_CTX* context);

 private:
  OpenSslStream(SslHandle ssl, int socket) : ssl_(std::move(ssl)), socket_(socket) {}

  static BIO_METHOD* socketMethod();
  static int readSocket(BIO* bio, char* room, int size);
  static int writeSocket(BIO* bio, const char* bytes, int size);

  Status statusOf(int result);
  void explain(int systemError);

  SslHandle ssl_;
  int socket_;
  bool begun_ = false;
  bool drained_ = false;  // the kernel had less than was asked for
  bool cut_ = false;
  bool plainHttp_ = false;
  bool refused_ = false;
  int systemError_ = 0;
  std::string reason_;
};

}  // namespace faasbatch::net
