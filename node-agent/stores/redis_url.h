// Where a Redis is and how to log in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::stores {

struct RedisUrl {
  std::string host;  // empty: path
  std::uint16_t port = 6379;
  std::string path;  // of a Unix socket
  std::string user;
  std::string password;
  int database = 0;

  // "redis://[[user]:password@]host[:port][/db]" and "redis+unix://[[user]:password@]/path[?db=N]", user and
  // password percent-encoded. "InvalidUrl"; the message does not repeat the text, which may hold a secret.
  static base::Result<RedisUrl> parse(std::string_view text);
  std::string describe() const;  // without user and password
};

}  // namespace faasbatch::stores
