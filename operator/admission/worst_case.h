// How long a run can take at most, by the timeouts and retries that its workflow gives.
#pragma once

#include <optional>

#include "lib/base/time.h"
#include "lib/workflow/plan.h"

namespace faasbatch::admission {

// Along the slowest way through the graph, every attempt taking its whole timeout and every backoff its
// longest; waiting for a pod or a slot comes on top. Nothing where the workflow does not say: other
// workflows, waiting for a time, a foreach over a list that only a run knows. spec.timeout is not applied.
std::optional<base::Duration> worstCase(const workflow::Plan& plan);

}  // namespace faasbatch::admission
