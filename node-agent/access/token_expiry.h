// When a bearer token ends, as it says itself.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/time.h"

namespace faasbatch::access {

// The claim `exp` of a JWT (RFC 7519, section 4.1.4), in whole seconds. Its signature is not checked: good
// for forgetting a token that somebody else has checked, and for telling a caller why it was refused. Nothing
// where the token is no JWT, or has no such claim between 1970 and 2261. Pure.
std::optional<base::Instant> tokenExpiry(std::string_view token);

}  // namespace faasbatch::access
