// What an API server sends: pages of lists, lines of watches. No text of an answer gets into a message: it
// may be a Secret's.
#pragma once

#include <string_view>

#include "lib/base/error.h"
#include "lib/kube/client.h"

namespace faasbatch::kube {

// {"type": "ADDED", "object": {...}}. Pure. Kind "InvalidResponse" where the line is none.
base::Result<WatchEvent> parseWatchEvent(std::string_view line);

// A page of a list. Pure; likewise.
base::Result<Page> parsePage(std::string_view body);

}  // namespace faasbatch::kube
