#include "lib/net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace faasbatch::net {
namespace {

template <class Address>
SocketAddress wrap(const Address& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.length = sizeof address;
  return result;
}

SocketAddress unixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return wrap(address);
}

SocketAddress v4(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = host;
  address.sin_port = htons(port);
  return wrap(address);
}

SocketAddress v6(const in6_addr& host, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = host;
  address.sin6_port = htons(port);
  return wrap(address);
}

SocketAddress numeric(const std::string& host, std::uint16_t port) {
  in6_addr wide{};
  if (inet_pton(AF_INET6, host.c_str(), &wide) == 1) return v6(wide, port);
  in_addr address{};
  // parse() lets only addresses and "localhost" through; anything else is answered by loopback as well.
  if (inet_pton(AF_INET, host.c_str(), &address) != 1) address.s_addr = htonl(INADDR_LOOPBACK);
  return v4(address.s_addr, port);
}

}  // namespace

SocketAddress addressToBind(const Endpoint& endpoint, bool anyV4) {
  if (endpoint.kind == Endpoint::Kind::kUnix) return unixAddress(endpoint.path);
  if (!endpoint.host.empty()) return numeric(endpoint.host, endpoint.port);
  return anyV4 ? v4(INADDR_ANY, endpoint.port) : v6(in6addr_any, endpoint.port);
}

SocketAddress addressToConnect(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kUnix) return unixAddress(endpoint.path);
  return numeric(endpoint.host.empty() ? "127.0.0.1" : endpoint.host, endpoint.port);
}

}  // namespace faasbatch::net
