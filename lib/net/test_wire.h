// The ways on which tests reach a server or a client: TCP, a Unix socket, TLS.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/ids.h"
#include "lib/net/client.h"
#include "lib/net/detail/tls_stream.h"
#include "lib/net/endpoint.h"
#include "lib/net/test_certificates.h"
#include "lib/net/tls.h"

namespace faasbatch::net {

enum class Wire { kTcp, kUnix, kTls };

// For INSTANTIATE_TEST_SUITE_P.
inline constexpr auto wireName = [](const auto& info) -> std::string {
  return info.param == Wire::kTcp ? "Tcp" : info.param == Wire::kUnix ? "Unix" : "Tls";
};

inline Endpoint tcpLoopback() {
  return {.kind = Endpoint::Kind::kTcp, .host = "127.0.0.1", .port = 0, .path = {}};
}

inline Endpoint unixTemporary() {
  return {.kind = Endpoint::Kind::kUnix,
          .host = {},
          .port = 0,
          .path = "/tmp/" + base::newName("faasbatch-net") + ".sock"};
}

struct Address : Endpoint {
  Address() = default;
  Address(const Endpoint& endpoint, bool withTls = false) : Endpoint(endpoint), tls(withTls) {}  // NOLINT
  explicit Address(Wire wire)
      : Address(wire == Wire::kUnix ? unixTemporary() : tcpLoopback(), wire == Wire::kTls) {}

  bool tls = false;
};

// What servers and clients of `Wire::kTls` use: one CA for all, no client certificates.
struct TestTls {
  TestAuthority ca;
  std::shared_ptr<TlsServerContext> server;
  std::shared_ptr<TlsClientContext> client;

  static const TestTls& get() {
    static const TestTls kTls;
    return kTls;
  }

 private:
  TestTls() {
    const auto pair = ca.server();
    server = TlsServerContext::make({.certificatePem = pair.certificatePem, .keyPem = pair.keyPem}).value();
    client = TlsClientContext::make({.caPem = ca.pem()}).value();
  }
};

inline ClientOptions optionsFor(const Address& address, ClientOptions options = {}) {
  if (address.tls && !options.tls) options.tls = TestTls::get().client;
  return options;
}

// A socket that waits, for 20 seconds at most, with TLS or without. Not the owner of its descriptor.
class Channel {
 public:
  static constexpr int kPatienceMillis = 20'000;

  Channel() = default;
  explicit Channel(int fd, std::unique_ptr<TlsStream> tls = nullptr) : fd_(fd), tls_(std::move(tls)) {}

  TlsStream* tls() { return tls_.get(); }

  // False where not everything was taken.
  bool send(std::string_view bytes) {
    if (tls_) return shakeHands() && sendTls(bytes);
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // As recv(): 0 at the end, -1 where it is broken off.
  ssize_t receive(std::span<char> room) {
    if (!tls_) return await(POLLIN) ? ::recv(fd_, room.data(), room.size(), 0) : -1;
    if (!shakeHands()) return -1;
    std::size_t bytes = 0;
    const TlsStream::Status status = settled([&] { return tls_->read(room, bytes); });
    return status == TlsStream::Status::kDone  ? static_cast<ssize_t>(bytes)
           : status == TlsStream::Status::kEnd ? 0
                                               : -1;
  }

  void endSending() {
    if (tls_) (void)settled([this] { return tls_->end(); });
    ::shutdown(fd_, SHUT_WR);
  }

  bool shakeHands() {
    if (!shaken_) shaken_ = settled([this] { return tls_->handshake(); }) == TlsStream::Status::kDone;
    return shaken_;
  }

 private:
  bool await(short event) const {
    pollfd waiting{.fd = fd_, .events = event, .revents = 0};
    return ::poll(&waiting, 1, kPatienceMillis) > 0;
  }

  // Repeats `step` until it has what it wants.
  template <class Step>
  TlsStream::Status settled(Step step) {
    for (;;) {
      const TlsStream::Status status = step();
      const bool wantsRead = status == TlsStream::Status::kWantRead;
      if (!wantsRead && status != TlsStream::Status::kWantWrite) return status;
      if (!await(wantsRead ? POLLIN : POLLOUT)) return TlsStream::Status::kFailed;
      tls_->awaited();
    }
  }

  bool sendTls(std::string_view bytes) {
    OutBuffer out;
    out.append(bytes);
    for (;;) {
      const OutBuffer::Sent sent = tls_->send(out);
      if (sent != OutBuffer::Sent::kWouldBlock) return sent == OutBuffer::Sent::kAll;
      if (!await(POLLOUT)) return false;
    }
  }

  int fd_ = -1;
  std::unique_ptr<TlsStream> tls_;
  bool shaken_ = false;
};

}  // namespace faasbatch::net
