// Asks an API server and a gateway about an installation.
#pragma once

#include "cli/check/facts.h"
#include "cli/cluster/api_server.h"
#include "cli/cluster/gateway_connection.h"

namespace faasbatch::cli {

inline constexpr base::Duration kCheckCallTime = std::chrono::seconds(15);  // of the gateway's answer

// What cannot be read has its error in the facts; nothing is written. `nameSpace` is the installation's.
// Where the API server does not answer, nothing else is asked.
Facts readFacts(ApiServer& api, GatewayConnection& gateway, const std::string& nameSpace);

}  // namespace faasbatch::cli
