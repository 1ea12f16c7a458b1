// Endpoints as the kernel takes them.
#pragma once

#include <sys/socket.h>

#include "lib/net/endpoint.h"

namespace faasbatch::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Where to bind: an empty host is every address, IPv6 and IPv4 (`anyV4`: IPv4 alone, for a kernel without
// IPv6).
SocketAddress addressToBind(const Endpoint& endpoint, bool anyV4 = false);

// Where to connect: an empty host is this machine.
SocketAddress addressToConnect(const Endpoint& endpoint);

}  // namespace faasbatch::net
