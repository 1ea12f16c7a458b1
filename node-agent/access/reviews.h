// TokenReview (authentication.k8s.io/v1) and SubjectAccessReview (authorization.k8s.io/v1) as JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "node-agent/access/user.h"

namespace faasbatch::access {

std::string tokenReview(std::string_view token);
// Who it is; nothing where the token is none of the cluster's. Kind "InvalidResponse".
base::Result<std::optional<User>> readTokenReview(std::string_view json);

std::string accessReview(const User& user, const Permission& permission);
struct Decision {
  bool allowed = false;
  std::string reason;  // the API server's words, often empty
};
base::Result<Decision> readAccessReview(std::string_view json);

}  // namespace faasbatch::access
