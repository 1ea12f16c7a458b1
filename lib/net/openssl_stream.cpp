#include "lib/net/detail/openssl_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace faasbatch::net {
namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;

// The alerts by which a peer refuses a certificate (RFC 8446, 6.2), as OpenSSL reports them.
bool isCertificateAlert(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

// The name that a server's certificate does not have.
std::string wantedName(SSL* ssl) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  if (const char* const host = X509_VERIFY_PARAM_get0_host(wanted, 0)) return host;
  const crypto::Owned<char, [](char* text) { OPENSSL_free(text); }> address(
      X509_VERIFY_PARAM_get1_ip_asc(wanted));
  return address ? address.get() : "";
}

}  // namespace

std::unique_ptr<OpenSslStream> OpenSslStream::make(SslHandle ssl, int socket) {
  BIO* const bio = ssl ? BIO_new(socketMethod()) : nullptr;
  if (bio == nullptr) return nullptr;
  SSL_set_bio(ssl.get(), bio, bio);
  std::unique_ptr<OpenSslStream> stream(new OpenSslStream(std::move(ssl), socket));
  BIO_set_data(bio, stream.get());
  BIO_set_init(bio, 1);
  SSL_set_app_data(stream->ssl_.get(), stream.get());
  return stream;
}

// OpenSSL's own socket BIO writes by write(), which raises SIGPIPE.
BIO_METHOD* OpenSslStream::socketMethod() {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read(method, &readSocket);
    BIO_meth_set_write(method, &writeSocket);
    BIO_meth_set_ctrl(method,
                      [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });
    return method;
  }();
  return kMethod;
}

int OpenSslStream::readSocket(BIO* bio, char* room, int size) {
  auto& self = *static_cast<OpenSslStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t got = -1;
  errno = EAGAIN;
  if (!self.drained_) {
    do {
      got = ::recv(self.socket_, room, static_cast<std::size_t>(size), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
  }
  if (got > 0) {
    self.drained_ = got < size;  // that was all there is: who wants more need not ask
    // No TLS record begins with a letter, every HTTP request does.
    const bool isLetter = room[0] >= 'A' && room[0] <= 'Z';
    self.plainHttp_ = isLetter && !self.begun_ && SSL_is_server(self.ssl_.get()) == 1;
    self.begun_ = true;
    return self.plainHttp_ ? -1 : static_cast<int>(got);
  }
  if (got == 0) {
    self.cut_ = true;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    self.drained_ = true;
    BIO_set_retry_read(bio);
  } else {
    self.systemError_ = errno;
  }
  return static_cast<int>(got);
}

int OpenSslStream::writeSocket(BIO* bio, const char* bytes, int size) {
  auto& self = *static_cast<OpenSslStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t sent = -1;
  do {
    sent = ::send(self.socket_, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return static_cast<int>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_write(bio);
  } else {
    self.systemError_ = errno;
  }
  return -1;
}

TlsStream::Status OpenSslStream::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Status::kDone : statusOf(result);
}

TlsStream::Status OpenSslStream::read(std::span<char> room, std::size_t& bytes) {
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &bytes);
  return result == 1 ? Status::kDone : statusOf(result);
}

// A record at a time, full where there is enough. One that the kernel has taken a part of is given again as
// it was: its bytes still begin the buffer, at another place perhaps (SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER).
OutBuffer::Sent OpenSslStream::send(OutBuffer& out) {
  thread_local std::array<char, kRecord> scratch;
  while (!out.empty()) {
    const std::string_view bytes = out.peek(scratch);
    std::size_t written = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    if (result != 1) {
      return statusOf(result) == Status::kWantWrite ? OutBuffer::Sent::kWouldBlock : OutBuffer::Sent::kFailed;
    }
    out.drop(written);
  }
  return OutBuffer::Sent::kAll;
}

TlsStream::Status OpenSslStream::end() {
  if (SSL_is_init_finished(ssl_.get()) == 0 || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0)
    return Status::kDone;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  return result >= 0 ? Status::kDone : statusOf(result);
}

TlsStream::Status OpenSslStream::statusOf(int result) {
  const int systemError = std::exchange(systemError_, 0);
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Status::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Status::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Status::kEnd;
    default:
      if (!cut_) explain(systemError);
      return cut_ ? Status::kCut : Status::kFailed;
  }
}

void OpenSslStream::explain(int systemError) {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  refused_ = isCertificateAlert(reason);
  if (!reason_.empty()) return;  // what is wrong with the peer's certificate says more
  reason_ =
      systemError != 0 ? std::generic_category().message(systemError) : "TLS: " + crypto::opensslReason();
}

int OpenSslStream::onVerified(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, index));
  auto* const self = static_cast<OpenSslStream*>(SSL_get_app_data(ssl));
  X509* const certificate = X509_STORE_CTX_get_current_cert(context);
  if (self == nullptr || certificate == nullptr) return 0;
  const int error = X509_STORE_CTX_get_error(context);
  const bool misnamed = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
  self->reason_ = "TLS: " + crypto::describe(certificate) + " is not accepted: ";
  self->reason_ +=
      misnamed ? "it is not for \"" + wantedName(ssl) + "\"" : X509_verify_cert_error_string(error);
  return 0;
}

base::Result<std::shared_ptr<const PeerCertificate>> OpenSslStream::peer() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return nullptr;
  auto facts = crypto::factsOf(certificate);
  if (!facts) return std::unexpected(facts.error());
  return std::make_shared<const PeerCertificate>(std::move(facts->commonName),
                                                 std::move(facts->organizations));
}

base::Instant OpenSslStream::peerEnd() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  const auto facts = certificate != nullptr ? crypto::factsOf(certificate) : base::fail("", "");
  return facts ? facts->notAfter : base::Instant::never();
}

}  // namespace faasbatch::net
