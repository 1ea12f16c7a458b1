// What stands between the quotes of a JSON string, as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace faasbatch::json {

// `inner` without its escapes (RFC 8259, section 7). Nothing where it holds a bare quote or control
// character, an unknown or cut escape, a surrogate without its partner, or bytes that are not UTF-8.
std::optional<std::string> unescape(std::string_view inner);

}  // namespace faasbatch::json
