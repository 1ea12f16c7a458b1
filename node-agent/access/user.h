// Who calls, and what a caller wants to do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::access {

// As Kubernetes knows a user.
struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::string extra = "{}";  // JSON object: name -> list of strings
  friend bool operator==(const User&, const User&) = default;
};

// What a request shows of its caller. At most one is given: a certificate that TLS has verified counts before
// a token.
struct Credential {
  std::string_view token;    // of "Authorization: Bearer"
  std::optional<User> user;  // a verified client certificate's
  bool malformed = false;    // an Authorization header that is no bearer token
};

// Common name and organisations of a verified certificate, as the API server reads them.
User userOf(const std::string& commonName, const std::vector<std::string>& organizations);

// What the value of an Authorization header gives (RFC 6750). Empty: nothing.
Credential credentialOf(std::string_view authorization);

// Asked of the API server as resource attributes. The group is cluster::kApiGroup.
struct Permission {
  std::string_view verb;         // "create"
  std::string_view subresource;  // "invocations"; empty: functionworkflows itself
  std::string nameSpace;         // empty: all of them
  std::string name;              // of the workflow; empty: any

  // "create functionworkflows.faasbatch.io/invocations "wordcount" in namespace "default""
  std::string describe() const;
};

}  // namespace faasbatch::access
