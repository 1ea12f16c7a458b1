// A base URL taken apart.
#pragma once

#include <string>

#include "lib/base/error.h"

namespace faasbatch::net {

// http and https only. User and password, percent-decoded, are taken out of `url`, which may then be shown.
struct CurlUrl {
  std::string url;  // without a slash at its end
  std::string user;
  std::string password;

  // Kind "InvalidUrl"; the message does not repeat the text, which may hold a secret.
  static base::Result<CurlUrl> parse(const std::string& text);
};

}  // namespace faasbatch::net
