#include "lib/net/endpoint.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

namespace faasbatch::net {
namespace {

constexpr std::size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path) - 1;

std::unexpected<base::Error> invalid(std::string_view text, std::string_view what) {
  return base::fail("InvalidEndpoint", "address \"" + std::string(text) + "\": " + std::string(what) +
                                           "; write HOST:PORT, :PORT or unix:/PATH");
}

std::optional<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), port);
  if (text.empty() || error != std::errc() || end != text.end()) return std::nullopt;
  return port;
}

bool isAddress(int family, const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, host.c_str(), address) == 1;
}

}  // namespace

base::Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.starts_with("unix:")) {
    const std::string_view path = text.substr(5);
    if (path.empty() || path.find('\0') != path.npos) return invalid(text, "the path is missing");
    if (path.size() > kMaxUnixPath) {
      return invalid(text, "the path is longer than " + std::to_string(kMaxUnixPath) + " bytes");
    }
    return Endpoint{.kind = Kind::kUnix, .host = {}, .port = 0, .path = std::string(path)};
  }

  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
  }
  const auto colon = rest.rfind(':');
  if (colon == rest.npos) return invalid(text, "the port is missing");
  const auto port = parsePort(rest.substr(colon + 1));
  if (!port) return invalid(text, "the port is not a number up to 65535");

  std::string host(rest.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!isAddress(AF_INET6, host)) return invalid(text, "the host is not an IPv6 address");
  } else if (!host.empty() && host != "localhost" && !isAddress(AF_INET, host)) {
    return invalid(text, "the host is neither an IP address nor localhost");
  }
  return Endpoint{.kind = Kind::kTcp, .host = std::move(host), .port = *port, .path = {}};
}

std::string Endpoint::describe() const {
  if (kind == Kind::kUnix) return "unix:" + path;
  const bool isV6 = host.find(':') != host.npos;
  return (isV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace faasbatch::net
