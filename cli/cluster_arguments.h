// What the command line says of the cluster, for those who reach it.
#pragma once

#include "cli/arguments.h"
#include "cli/cluster/gateway_connection.h"
#include "lib/kube/access.h"

namespace faasbatch::cli {

inline kube::KubeconfigOptions kubeconfigOptions(const Arguments& arguments) {
  return {.path = arguments.kubeconfig, .context = arguments.context, .nameSpace = arguments.nameSpace};
}

inline GatewayOptions gatewayOptions(const Arguments& arguments) {
  return {.nameSpace = arguments.systemNamespace,
          .caFile = arguments.gatewayCa,
          .serverName = arguments.gatewayServerName,
          .kubeconfig = arguments.kubeconfig,
          .context = arguments.context};
}

}  // namespace faasbatch::cli
