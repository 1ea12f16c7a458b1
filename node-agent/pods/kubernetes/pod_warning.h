// What a node says of a pod in its events.
#pragma once

#include <string>

#include "lib/kube/client.h"

namespace faasbatch::pods {

// The newest warning: "FailedMount: ...". Empty where there is none, or where the pod has got further since:
// its image is being pulled, or its container was made. `events` are of one pod, of events.k8s.io/v1. Pure.
std::string newestWarning(const kube::Page& events);

}  // namespace faasbatch::pods
