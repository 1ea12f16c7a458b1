#include "lib/net/local_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace faasbatch::net {
namespace {

constexpr std::uint32_t ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array kMetadata{ipv4(100, 100, 100, 200), ipv4(168, 63, 129, 16), ipv4(192, 0, 0, 192)};
constexpr std::array<std::uint8_t, 16> kMetadata6{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0,    0,
                                                  0,    0,    0,    0,    0, 0, 0x02, 0x54};
// ::ffff:0:0/96 (RFC 4291) and 64:ff9b::/96 (RFC 6052): the last four bytes are an IPv4 address.
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> kTranslated{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

bool isLocal4(std::uint32_t address) {
  const std::uint32_t first = address >> 24U;
  return first == 0 || first == 127 || first >= 224 || address >> 16U == ipv4(0, 0, 169, 254) ||
         std::ranges::find(kMetadata, address) != kMetadata.end();
}

bool isLocal6(const std::array<std::uint8_t, 16>& address) {
  const auto starts = [&address](const auto& with) {
    return std::equal(with.begin(), with.end(), address.begin());
  };
  if (starts(kMapped) || starts(kTranslated))
    return isLocal4(ipv4(address[12], address[13], address[14], address[15]));
  // ::/96 has the unspecified and the loopback address, and forms of IPv4 addresses that nobody uses.
  if (std::all_of(address.begin(), address.begin() + 12, [](std::uint8_t byte) { return byte == 0; }))
    return true;
  const bool linkLocal = address[0] == 0xfe && (address[1] & 0xc0U) == 0x80;
  return linkLocal || address[0] == 0xff || address == kMetadata6;
}

}  // namespace

bool isLocalAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return isLocal4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return true;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return isLocal6(bytes);
}

}  // namespace faasbatch::net
