// The receipt of a call: its whole time in disjoint parts.
#pragma once

#include "node-agent/batching/waiting_clock.h"
#include "node-agent/calls/receipt.h"

namespace faasbatch::batching {

// What is known of a call that has ended. startedAt is finishedAt where it never left the queue.
struct Times {
  base::Instant submittedAt;
  base::Instant startedAt;
  base::Instant finishedAt;
  base::Duration window{0};  // of the wait before startedAt
  base::Duration cold{0};
  base::Duration podQueue{0};  // as the pod said; what does not fit into its time in the pod is cut
  base::Duration podExec{0};
  base::Duration podStore{0};
};

// The parts add up to finishedAt - submittedAt exactly, and none is negative.
calls::Receipt receiptOf(const Times& times);

}  // namespace faasbatch::batching
