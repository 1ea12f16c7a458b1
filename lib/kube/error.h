// What the API server, or the way to it, answers when a request fails.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::kube {

// `reason` is that of the Status object ("NotFound", "AlreadyExists", "Conflict", "Invalid", "Forbidden",
// "Unauthorized", "TooManyRequests", "Expired", "Gone", "Timeout", ...); where no answer came it is
// "Unreachable" (nothing was sent), "ConnectionLost" or "DeadlineExceeded"; "InvalidResponse" where the
// answer was none of the API; "CredentialsUnavailable" where no token could be had. `message` is the server's
// own where it has one, and never carries a token.
inline constexpr std::size_t kMaxErrorCauses = 200;

struct ApiError {
  int status = 0;  // HTTP; 0 where no answer came
  std::string reason;
  std::string message;
  base::Duration retryAfter{0};  // of Retry-After or details.retryAfterSeconds; 0: none given
  // What the Status says of single fields, as of an object that is refused: every fault with its path.
  struct Cause {
    std::string field;
    std::string message;
  };
  std::vector<Cause> causes{};  // at most kMaxErrorCauses

  // The request may do what it should when it is sent again later.
  bool retryable() const;
  // The version or page that was asked for is known no more, or not yet (an API server that was restored from
  // a backup): list anew. Comes as 410, "Expired" or "ResourceVersionTooLarge".
  bool expired() const;
  base::Error error() const { return {reason, message}; }
};

template <class T>
using Result = std::expected<T, ApiError>;

// Reads a Status object, or makes an error of what there is; `status` is HTTP's, or 200 where the Status is
// an event of a watch and says its own. `retryAfter` is the header's value.
ApiError parseApiError(int status, std::string_view body, std::string_view retryAfter);

}  // namespace faasbatch::kube
