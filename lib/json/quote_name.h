// A user's own words inside a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace faasbatch::json {

inline constexpr std::size_t kMaxQuotedBytes = 100;

// `"name"`, cut at kMaxQuotedBytes (not inside a character), with control characters escaped.
std::string quoteName(std::string_view name);

}  // namespace faasbatch::json
