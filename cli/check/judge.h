// What is wrong with an installation, from what was read of it. All pure; one line a part.
#pragma once

#include "cli/check/facts.h"
#include "cli/check/part.h"

namespace faasbatch::cli {

// A Lease that was to be renewed so long ago is held by nobody, whatever the clocks of cluster and caller
// say.
inline constexpr base::Duration kClockSkew = std::chrono::seconds(60);
// Of its life: a serving certificate is renewed at two thirds.
inline constexpr double kRenewalOverdue = 0.9;

Parts judgeOperator(const Facts& facts);   // definition, deployment, lease, webhook, CA
Parts judgeGateway(const Facts& facts);    // Service, certificate, a call
Parts judgeAgents(const Facts& facts);     // DaemonSet, an agent and a Redis a node
Parts judgeShared(const Facts& facts);     // CouchDB, the peers' Secret, NetworkPolicies
Parts judgeAccess(const Facts& facts);     // what the caller may do
Parts judgeWorkflows(const Facts& facts);  // those not Ready, or how many are

Parts judge(const Facts& facts);  // all of them; only the API server's where that does not answer

}  // namespace faasbatch::cli
