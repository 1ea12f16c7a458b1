// Errors of the API: application/problem+json (RFC 9457) with a reason.
#pragma once

#include <optional>
#include <string_view>

#include "lib/net/http.h"
#include "runtime/protocol/heads.h"

namespace faasbatch::supervisor {

net::Response problem(int status, std::string_view reason, std::string_view detail,
                      const std::optional<protocol::CallError>& error = std::nullopt);

// The status that goes with a reason: docs/runtime-contract.md.
int statusOf(std::string_view reason);

}  // namespace faasbatch::supervisor
