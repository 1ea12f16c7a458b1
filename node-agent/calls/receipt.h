// The latency receipt: where the time of a call went.
#pragma once

#include "lib/base/time.h"

namespace faasbatch::calls {

// Disjoint parts; they add up to the total of what they describe.
struct Receipt {
  base::Duration engine{0};     // in the agent: admission, expressions, bookkeeping
  base::Duration queue{0};      // waiting for a free slot of a pod, or inside the pod
  base::Duration window{0};     // waiting because the batch policy chose to
  base::Duration cold{0};       // waiting for a pod to be made or specialised
  base::Duration transport{0};  // between agent and handler and back
  base::Duration exec{0};       // in the handler, without `store`
  base::Duration store{0};      // reading and writing state and spilled outputs
  base::Duration wait{0};       // waiting on purpose: wait steps, retry backoff, repeat delays

  base::Duration total() const { return engine + queue + window + cold + transport + exec + store + wait; }
  Receipt& operator+=(const Receipt& other);
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace faasbatch::calls
