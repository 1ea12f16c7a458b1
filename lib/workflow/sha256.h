#pragma once

#include <string>
#include <string_view>

namespace faasbatch::workflow {

// FIPS 180-4, as 64 hex digits.
std::string sha256Hex(std::string_view bytes);

}  // namespace faasbatch::workflow
