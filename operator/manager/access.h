// The API server, as the options say.
#pragma once

#include "lib/kube/access.h"
#include "operator/manager/options.h"

namespace faasbatch::manager {

// Fails as kube::inClusterAccess() and kubeconfigAccess() do.
inline base::Result<kube::Access> accessFor(base::Loop& loop, const Options& options) {
  if (options.kubeconfig.empty()) return kube::inClusterAccess(loop);
  return kube::kubeconfigAccess(loop, {.path = options.kubeconfig, .context = options.context});
}

}  // namespace faasbatch::manager
