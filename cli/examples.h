// Examples that a command's help ends with.
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::cli {

// Empty: of this verb there are none. `program`: as it is typed, "faasbatch" or "kubectl faasbatch". Pure.
std::string examplesOf(std::string_view verb, std::string_view program);

}  // namespace faasbatch::cli
