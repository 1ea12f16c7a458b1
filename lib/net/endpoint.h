// Where a server listens or a client connects to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::net {

struct Endpoint {
  enum class Kind { kTcp, kUnix };
  Kind kind = Kind::kTcp;
  std::string host;  // kTcp: an IP address or "localhost"
  std::uint16_t port = 0;
  std::string path;  // kUnix

  // "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "http://host:port", "unix:/run/x.sock".
  static base::Result<Endpoint> parse(std::string_view text);
  std::string describe() const;  // the form parse() takes
};

}  // namespace faasbatch::net
