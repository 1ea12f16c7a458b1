// Calls that must have a pod to themselves (calls::Call::alone): which pods they get, beside the batch policy
// that hands out the others. A pure function.
//
// What it guarantees, for a function with calls of both kinds waiting:
//   1. An alone call gets a pod in which nothing runs. (While it runs the pod is full: see occupied().)
//   2. None waits forever: the calls of both kinds take turns in a pod, and where no pod is free, coming, or
//      to be added, one pod gets no further calls until it is.
//   3. No pod is wanted beyond maxPods.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "node-agent/batching/policy.h"

namespace faasbatch::batching {

// A pod as the policies see it, and what they do not.
struct SharedPod : PodView {
  bool alone = false;  // the call that began in it last had it to itself, or has
};

struct AloneDecision {
  std::vector<std::size_t> pods;    // idle: an alone call each, before the policy sees the rest
  std::vector<std::size_t> spare;   // idle: an alone call each where the policy sends nothing there; its turn
  std::optional<std::size_t> held;  // busy, and gets no further calls
  std::size_t podsWanted = 0;       // ready and starting together; never less than there are
  friend bool operator==(const AloneDecision&, const AloneDecision&) = default;
};

// `waiting` alone calls and `others` wait. `mayAdd`: further pods can be had, as far as is known.
AloneDecision decideAlone(std::size_t waiting, std::size_t others, std::span<const SharedPod> pods,
                          const History& history, const Limits& limits, bool mayAdd);

// What the policy sees of a pod that an alone call has, or that is kept for one: no room.
PodView occupied(PodView pod);

}  // namespace faasbatch::batching
