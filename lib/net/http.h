// HTTP messages as the rest of the program sees them (RFC 9110).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/net/tls.h"

namespace faasbatch::net {

// Field names are compared without regard to case.
bool sameName(std::string_view a, std::string_view b);

class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // The first field of that name, whatever its case; nothing where there is none.
  std::optional<std::string_view> find(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;  // as sent: "GET"
  std::string target;  // as sent: path and query
  Headers headers;
  std::string body;
  std::shared_ptr<const PeerCertificate> peer = nullptr;  // the client's certificate, where it showed one

  std::string_view path() const;   // target without the query, not decoded
  std::string_view query() const;  // behind '?', not decoded; empty where there is none
};

struct Response {
  int status = 200;
  Headers headers;  // Content-Length, Transfer-Encoding, Connection and Date are the session layer's
  std::string body;
};

// Percent-decoding of one path segment or query value ('+' is a blank in queries only). Nothing on a bad
// escape or on a decoded NUL.
std::optional<std::string> percentDecode(std::string_view text, bool inQuery = false);

// All but the unreserved characters of RFC 3986 as %XX, '/' too: one path segment or query value.
std::string percentEncode(std::string_view text);

// The decoded value of a query parameter.
std::optional<std::string> queryParameter(std::string_view query, std::string_view name);

}  // namespace faasbatch::net
