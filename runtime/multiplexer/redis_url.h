// Where a Redis is and how to log in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::multiplexer {

struct RedisUrl {
  std::string host;
  std::uint16_t port = 6379;
  std::string path;  // of a Unix socket; then host is empty
  std::string user;
  std::string password;
  int database = 0;

  std::string describe() const;  // "redis at host:port", without user and password
};

// "redis://[[user]:password@]host[:port][/database]", "unix:/path". Names and passwords may be
// percent-encoded. Kind "StoreUnavailable"; the message never holds the password.
base::Result<RedisUrl> parseRedisUrl(std::string_view text);

}  // namespace faasbatch::multiplexer
