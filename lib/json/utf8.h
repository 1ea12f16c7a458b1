// UTF-8 (RFC 3629) at the level of single characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::json {

// The length (1 to 4) of the well-formed character that `text` begins with; 0 where it begins with none:
// overlong forms, surrogates, values above U+10FFFF and cut sequences are not well-formed. `text` is not
// empty.
std::size_t utf8Length(std::string_view text);

// Appends the character `codePoint`, which is at most U+10FFFF and no surrogate.
void appendUtf8(std::string& out, std::uint32_t codePoint);

}  // namespace faasbatch::json
