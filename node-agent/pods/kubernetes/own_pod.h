// Which functions can use a generic pod, and which need pods that are made for them.
#pragma once

#include <string>
#include <string_view>

#include "lib/workflow/function.h"

namespace faasbatch::pods {

// What of the function only a pod of its own can give: "its image", "resources", "envFrom", "env with
// valueFrom", "a binding with a secretRef"; empty: a generic pod does. A nodeSelector and tolerations do not
// matter: they have been heeded where the function was placed. Pure.
std::string_view needsOwnPod(const workflow::FunctionSpec& spec);

}  // namespace faasbatch::pods
