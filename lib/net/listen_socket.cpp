#include "lib/net/listen_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/net/socket_address.h"

namespace faasbatch::net {
namespace {

constexpr int kBacklog = 1024;

void setOption(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

// Makes place for a Unix socket: an old socket goes, any other file stays and makes bind() fail.
void removeOldSocket(const std::string& path) {
  struct stat old{};
  if (::lstat(path.c_str(), &old) == 0 && S_ISSOCK(old.st_mode)) ::unlink(path.c_str());
}

bool bindAndListen(int fd, const Endpoint& endpoint, const SocketAddress& address) {
  if (endpoint.kind == Endpoint::Kind::kUnix) {
    // On Linux the file takes its mode from the socket: there is no moment at which others may connect.
    ::fchmod(fd, 0600);
    removeOldSocket(endpoint.path);
  } else {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);  // accepted connections inherit it
    if (endpoint.host.empty() && address.family() == AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  return ::bind(fd, address.get(), address.length) == 0 && ::listen(fd, kBacklog) == 0;
}

// -1 with errno where it fails.
int openAt(const Endpoint& endpoint, const SocketAddress& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bindAndListen(fd, endpoint, address)) return fd;
  const int reason = errno;
  ::close(fd);
  errno = reason;
  return -1;
}

std::uint16_t boundPort(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

}  // namespace

base::Result<ListenSocket> ListenSocket::open(const Endpoint& endpoint) {
  int fd = openAt(endpoint, addressToBind(endpoint));
  const bool everyAddress = endpoint.kind == Endpoint::Kind::kTcp && endpoint.host.empty();
  if (fd < 0 && everyAddress && errno != EADDRINUSE) fd = openAt(endpoint, addressToBind(endpoint, true));
  if (fd < 0) {
    return base::fail("ListenFailed", "cannot listen on " + endpoint.describe() + ": " +
                                          std::strerror(errno) + "; choose another address");
  }
  return ListenSocket(fd, endpoint);
}

ListenSocket::ListenSocket(int fd, Endpoint endpoint) : fd_(fd), endpoint_(std::move(endpoint)) {
  if (endpoint_.kind == Endpoint::Kind::kTcp) {
    endpoint_.port = boundPort(fd);
    return;
  }
  struct stat file{};
  if (::lstat(endpoint_.path.c_str(), &file) == 0) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      endpoint_(std::move(other.endpoint_)),
      device_(other.device_),
      inode_(other.inode_) {}

int ListenSocket::accept() const { return ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }

void ListenSocket::close() {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));
  struct stat file{};
  if (endpoint_.kind == Endpoint::Kind::kUnix && ::lstat(endpoint_.path.c_str(), &file) == 0 &&
      file.st_dev == device_ && file.st_ino == inode_) {
    ::unlink(endpoint_.path.c_str());
  }
}

}  // namespace faasbatch::net
