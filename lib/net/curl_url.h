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
  // Given to curl. It is `url`, unless a server is to be verified by another name than the one in its URL:
  // then that name stands in it, and the next two say where it leads and what the Host field is.
  std::string sent;
  std::string connectTo{};
  std::string host{};
  bool loopback = false;  // "localhost", 127.0.0.0/8 or ::1

  // `serverName` counts for https only; empty: none. Kind "InvalidUrl"; the message does not repeat the text,
  // which may hold a secret.
  static base::Result<CurlUrl> parse(const std::string& text, const std::string& serverName = "");
};

// A URL of one thing, which may have a query, for a CurlClient of its own.
struct CurlTarget {
  std::string base;    // for CurlClient::make(): with user and password, so not to be shown
  std::string target;  // for the request: path and query
  std::string shown;   // without user, password and query, which may hold a secret

  // http and https only. Kind "InvalidUrl"; the message does not repeat the text.
  static base::Result<CurlTarget> parse(const std::string& text);
};

}  // namespace faasbatch::net
