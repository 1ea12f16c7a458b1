// Addresses that mean something else on each machine.
#pragma once

#include <sys/socket.h>

namespace faasbatch::net {

// Whether an address leads to this machine, to its own link, or to everybody: loopback, unspecified,
// link-local (where clouds keep the metadata and credentials of a machine), multicast, and the addresses
// beyond these at which clouds keep such. IPv6 forms of IPv4 addresses count as those; of another family than
// the two: true. Pure.
bool isLocalAddress(const sockaddr& address);

}  // namespace faasbatch::net
