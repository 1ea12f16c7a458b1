// Errors of the API: application/problem+json (RFC 9457) with the contract's reasons.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/http.h"
#include "lib/workflow/manifest.h"
#include "node-agent/runs/runs.h"

namespace faasbatch::gateway {

inline constexpr int kRetryAfterSeconds = 1;  // told with 429 and 503

// `type` is this and the reason: a tag URI (RFC 4151), which names the kind of problem and leads nowhere.
inline constexpr std::string_view kProblemTypePrefix = "tag:faasbatch.io,2026:";

// `members` are further JSON members, each as `"name":value`.
net::Response problem(int status, std::string_view reason, std::string_view detail,
                      const std::vector<std::string>& members = {});

// The status that goes with an error's kind; 500 `InternalError` for a kind the contract does not list.
net::Response problemOf(const base::Error& error);

// 422 InvalidWorkflow with every fault.
net::Response invalidWorkflow(const std::vector<workflow::Fault>& faults);

// What a failed, cancelled or timed out run is answered with.
net::Response problemOf(const runs::Outcome& outcome);

}  // namespace faasbatch::gateway
