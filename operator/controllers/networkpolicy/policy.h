// The NetworkPolicy of function pods, as a file gives it and as it stands in each namespace. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::controllers {

inline constexpr std::size_t kMaxPolicyBytes = 256 << 10;
inline constexpr std::string_view kFieldManager = "faasbatch-operator";  // of server-side apply

// The file's spec as JSON text: the file has a NetworkPolicy, or its spec alone. Kind "InvalidNetworkPolicy".
base::Result<std::string> policySpec(std::string_view yaml);

// The object to apply in a namespace.
std::string policyJson(const std::string& spec, const std::string& nameSpace);

}  // namespace faasbatch::controllers
