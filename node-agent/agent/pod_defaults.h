// What function pods are made with where their function says nothing, from a file of the chart.
#pragma once

#include <string_view>

#include "lib/base/error.h"
#include "node-agent/pods/kubernetes/pod_manifest.h"

namespace faasbatch::agent {

// YAML with `resources` (ResourceRequirements), `imagePullSecrets` (names) and `priorityClassName`, each
// optional; what is given replaces that of `settings`. Kind "InvalidPodDefaults" names the field. Pure.
base::Result<pods::PodSettings> withDefaults(pods::PodSettings settings, std::string_view yaml);

}  // namespace faasbatch::agent
