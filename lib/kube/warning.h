// The Warning header of answers (RFC 7234, 5.5), in which API servers say what is deprecated and webhooks
// what they doubt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::kube {

// The texts of one header field's value, which may hold several: `299 - "text", 299 - "other"`. What is
// malformed ends the list. Pure.
std::vector<std::string> parseWarnings(std::string_view value);

}  // namespace faasbatch::kube
