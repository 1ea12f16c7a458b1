// Base64 (RFC 4648, section 4): the standard alphabet, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace faasbatch::base {

void appendBase64(std::string& out, std::string_view bytes);
// White space between the characters is skipped, as PEM and YAML fold long lines. Nothing where another
// character or a wrong padding comes.
std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace faasbatch::base
