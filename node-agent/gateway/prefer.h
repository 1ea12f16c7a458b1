// The Prefer header (RFC 7240): respond-async and wait.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/net/http.h"

namespace faasbatch::gateway {

inline constexpr base::Duration kMaxWait =
    std::chrono::seconds(300);  // of `wait`; a longer one is cut to this

struct Preference {
  bool respondAsync = false;
  std::optional<base::Duration> wait;
};

// Preferences this API does not know, or that are malformed, are ignored, as the RFC asks.
Preference parsePrefer(std::string_view header);
// Of all Prefer fields of a request together.
Preference preferenceOf(const net::Headers& headers);

// Preference-Applied of the answer to a call that prefers this: what of it was followed. `accepted`: the
// answer is 202, and else the outcome. Empty: nothing. A `wait` alone is none of this API's.
std::string preferenceApplied(const Preference& preference, bool accepted);

// The seconds of a `wait=` query parameter; nothing where it is no number from 0 on.
std::optional<base::Duration> parseWait(std::string_view seconds);

}  // namespace faasbatch::gateway
