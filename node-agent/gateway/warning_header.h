// What an answer warns of, as Kubernetes' API server says it.
#pragma once

#include <vector>

#include "lib/net/http.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::gateway {

// Clients take a hundred fields or so.
inline constexpr std::size_t kMaxWarnings = 20;
inline constexpr std::size_t kMaxWarningBytes = 500;

// A Warning field each: `299 - "PATH: MESSAGE"` with quotes escaped, on one line, cut where it is very long.
// What is over kMaxWarnings is counted in the last.
void addWarnings(net::Headers& headers, const std::vector<workflow::Fault>& warnings);

}  // namespace faasbatch::gateway
