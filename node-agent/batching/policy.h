// Batch policies: when calls leave the queue of a function, in which batches, to which pods, and how many
// pods there should be. Pure functions of one signature, called again whenever something they saw has
// changed: a call came, a slot got free, a pod got ready or was lost, or the wake-up they asked for is due.
//
// What every policy guarantees:
//   1. Calls leave in the order they came; a decision names each waiting call at most once.
//   2. No pod is wanted beyond maxPods.
//   3. Whenever calls stay in the queue, either wakeUp is set, or an event will come by itself: a pod is
//   starting, a pod has
//      calls that will end, or a pod is wanted.
//   4. A batch has at most maxSize calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/time.h"
#include "lib/workflow/function.h"

namespace faasbatch::batching {

// The waiting calls of one function: when each came, oldest first.
using QueueView = std::deque<base::Instant>;

// A pod of the function that takes calls, or will.
struct PodView {
  bool ready = false;  // false: starting or being specialised
  std::uint32_t running = 0;
  std::uint32_t slots = 1;  // calls it runs at once
  base::Instant lastUsed;   // of an idle pod: since when

  std::uint32_t freeSlots() const { return ready && running < slots ? slots - running : 0; }
};

// What was learnt of the function.
struct History {
  std::optional<base::Duration> meanExec;  // of a call in a pod; nothing before the first has ended
  base::Duration meanStart = std::chrono::milliseconds(250);  // until a pod takes calls
  base::Instant lastProgress;                                 // a slot got free or a pod got ready
  double callsPerWindow = 0;                                  // mean number of new calls in `window`
};

struct Limits {
  std::uint32_t slots = 1;  // of one pod: concurrency.limit
  std::uint32_t maxSize = 64;
  std::uint32_t maxPods = 10;
  base::Duration window{0};
};

struct Dispatch {
  std::size_t pod = 0;  // index into the pods seen
  std::uint32_t calls = 0;
  friend bool operator==(const Dispatch&, const Dispatch&) = default;
};

struct Decision {
  std::vector<Dispatch> batches;  // taken from the head of the queue, in this order
  std::size_t podsWanted = 0;     // ready and starting together; never less than there are
  base::Instant wakeUp = base::Instant::never();
  bool holdsBack = false;  // the calls that stay could leave now, the policy chose otherwise
  friend bool operator==(const Decision&, const Decision&) = default;
};

using Policy = Decision (*)(const QueueView& queue, std::span<const PodView> pods, const History& history,
                            const Limits& limits, base::Instant now);

// At once while a ready pod has a free slot, into as few pods as the slots allow (the busiest that has room,
// then the one used last). What is left waits for a slot or for a pod that is coming. A further pod is wanted
// where calls are beyond the slots of all pods, and
//   - there is no pod yet, or
//   - they would take longer than a pod takes to start (and than `window`) to be worked off, going by the
//   mean run time, or
//   - nothing is known of run times yet, and a whole batch of maxSize is beyond: one more pod, or
//   - no slot got free for `window`.
Decision adaptive(const QueueView& queue, std::span<const PodView> pods, const History& history,
                  const Limits& limits, base::Instant now);

// FaaSBatch (ICDCS 2023): time is cut into windows; the calls of a window leave together at its end to one
// idle pod, or to a new one. Calls beyond the pod's slots wait inside it. Where maxPods are busy, the batch
// goes to the pod with most free slots, or waits for one.
Decision fixedWindow(const QueueView& queue, std::span<const PodView> pods, const History& history,
                     const Limits& limits, base::Instant now);

// At once, one call to each idle pod, one pod per concurrent call. Also the rule of SFS, whose time slices
// (time_slice.h) the runtime keeps, and of Unbatched.
Decision none(const QueueView& queue, std::span<const PodView> pods, const History& history,
              const Limits& limits, base::Instant now);

// Kraken (SoCC 2021): a pod runs its calls one after another; a batch is as many as fit into the latency
// goal, floor(window / mean run time), and there are as many pods as the calls at hand and those expected in
// the next window need.
Decision kraken(const QueueView& queue, std::span<const PodView> pods, const History& history,
                const Limits& limits, base::Instant now);

Policy policyOf(workflow::BatchPolicy policy);

}  // namespace faasbatch::batching
