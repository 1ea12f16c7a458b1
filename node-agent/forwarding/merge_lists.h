// One list of invocations out of those of several agents. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::forwarding {

// Each list is {"items": [...], "continue": "..."}, newest first, of up to `limit`; so is what comes of them.
// An id that several have is listed once. Kind "InvalidResponse" where one is no such list.
base::Result<std::string> mergeLists(const std::vector<std::string>& lists, std::size_t limit);

}  // namespace faasbatch::forwarding
