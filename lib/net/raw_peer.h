// A client that sends whatever bytes a test wants, on a blocking socket, with TLS where the server has it.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/http.h"
#include "lib/net/socket_address.h"
#include "lib/net/test_wire.h"

namespace faasbatch::net {

// Every wait ends after kPatience, with what has come until then.
class RawPeer {
 public:
  static constexpr timeval kPatience{.tv_sec = Channel::kPatienceMillis / 1000, .tv_usec = 0};

  // With TLS by `dialer`, which the peer must not outlive; nullptr: by one of its own.
  explicit RawPeer(const Address& address, bool connectNow = true, TlsDialer* dialer = nullptr)
      : endpoint_(address) {
    fd_ = ::socket(addressToConnect(address).family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (address.tls && dialer == nullptr) {
      dialer_ = TlsConnector::of(*TestTls::get().client).dialer(address);
      dialer = dialer_.get();
    }
    channel_ = Channel(fd_, address.tls ? dialer->dial(fd_) : nullptr);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (address.kind == Endpoint::Kind::kTcp) {
      const int on = 1;
      ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (connectNow) connect();
  }

  void connect() {
    const SocketAddress address = addressToConnect(endpoint_);
    connected_ = ::connect(fd_, address.get(), address.length) == 0;
  }
  ~RawPeer() { close(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  Channel& channel() { return channel_; }

  // False where not everything was taken.
  bool send(std::string_view bytes) { return channel_.send(bytes); }

  void endSending() { channel_.endSending(); }

  bool hasInput() const {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, 0) > 0;
  }

  void close() {
    if (fd_ >= 0 && channel_.tls() != nullptr) (void)channel_.tls()->end();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  // Closes with a reset.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  // Everything until the other side closes. `wasReset` tells how it did.
  std::string readAll(bool* wasReset = nullptr) {
    while (fill()) {
    }
    if (wasReset != nullptr) *wasReset = reset_;
    return std::exchange(buffer_, {});
  }

  // Up to and including `end`; what there is where it does not come.
  std::string readUntil(std::string_view end) {
    std::size_t at = 0;
    while ((at = buffer_.find(end)) == buffer_.npos) {
      if (!fill()) return std::exchange(buffer_, {});
    }
    return take(at + end.size());
  }

  std::string readExactly(std::size_t bytes) {
    while (buffer_.size() < bytes && fill()) {
    }
    return take(std::min(bytes, buffer_.size()));
  }

  // One answer of known length or chunked; nothing where none comes whole.
  std::optional<Response> readResponse(bool head = false) {
    Response response;
    const std::string text = readUntil("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || !text.ends_with("\r\n\r\n")) return std::nullopt;
    response.status = std::atoi(text.c_str() + 9);
    for (std::size_t at = text.find("\r\n") + 2; at + 2 < text.size();) {
      const std::size_t end = text.find("\r\n", at);
      const std::size_t colon = text.find(": ", at);
      response.headers.add(text.substr(at, colon - at), text.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
    if (head || response.status < 200 || response.status == 204) return response;
    if (const auto length = response.headers.find("Content-Length")) {
      const auto size = static_cast<std::size_t>(std::atoll(std::string(*length).c_str()));
      response.body = readExactly(size);
      if (response.body.size() < size) return std::nullopt;
      return response;
    }
    if (!readChunks(response.body)) return std::nullopt;
    return response;
  }

  std::optional<Response> exchange(std::string_view request) {
    if (!send(request)) return std::nullopt;
    return readResponse();
  }

 private:
  bool readChunks(std::string& body) {
    for (;;) {
      const std::string line = readUntil("\r\n");
      if (line.empty()) return false;
      const auto size = static_cast<std::size_t>(std::strtoull(line.c_str(), nullptr, 16));
      const std::string data = readExactly(size + 2);
      if (data.size() != size + 2) return false;
      if (size == 0) return true;
      body += data.substr(0, size);
    }
  }

  bool fill() {
    char bytes[64 * 1024];
    const ssize_t got = channel_.receive(bytes);
    if (got < 0) reset_ = true;
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  std::string take(std::size_t bytes) {
    std::string taken = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return taken;
  }

  Endpoint endpoint_;
  int fd_ = -1;
  std::unique_ptr<TlsDialer> dialer_;
  Channel channel_;
  bool connected_ = false;
  bool reset_ = false;
  std::string buffer_;
};

}  // namespace faasbatch::net
