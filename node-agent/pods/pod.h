// A pod and a function's pods, as the pool keeps them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/workflow/function.h"
#include "node-agent/calls/call.h"
#include "node-agent/pods/pod_client.h"
#include "node-agent/pods/pod_state.h"
#include "node-agent/pods/pool_decide.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::pods {

struct FunctionPods;

// Owned by the pool. Others read it, and use the client of a pod that is ready.
struct Pod {
  std::string name;
  PodState state = PodState::kStarting;
  FunctionPods* function = nullptr;  // nullptr: a generic one
  std::size_t stock = kNoStock;      // it is a generic pod, or was made as one of this stock would be
  std::string digest;                // of the function it was given
  std::uint32_t running = 0;         // calls in it
  std::uint32_t slots = 1;           // calls it takes at once
  bool alone = false;                // the calls that began last had it to themselves, or have
  base::Instant createdAt;
  base::Instant assignedAt;  // when a function asked for it
  base::Instant lastUsed;    // when it became idle
  bool wasGeneric = false;
  bool ending = false;  // the provider has been asked to end it
  bool statusAsked = false;
  Conduct conduct;
  PodEndpoint endpoint;
  std::unique_ptr<PodClient> client;  // from Specialising on

  bool current() const;
};

// Why no pod of a function could be had, kept for a while so that a function that cannot load does not start
// pod after pod.
struct StartFailure {
  calls::CallError error;
  base::Instant until;  // new calls end with `error` before this
  std::uint32_t times = 0;
};

// The pool's part of a function. Its owner keeps it alive while `pods` is not empty.
struct FunctionPods {
  calls::FunctionKey key;
  std::shared_ptr<const workflow::FunctionSpec> spec;
  std::size_t stock = kNoStock;  // whose generic pods it can use
  std::vector<Pod*> pods;        // all that are not gone
  bool removed = false;          // minWarm does not hold any more
  std::uint32_t lossesInARow = 0;
  std::optional<StartFailure> failure;
  std::string lastLoss;  // why the last pod that it was to get did not come; empty since one came
  std::string lastEnd;   // how that pod or one before it ended, as its provider knew later
  bool waitsForRoom = false;
  std::size_t number = 0;  // the pool's, while it decides
};

// The loss of a pod, with how such pods ended where that is known and it does not say so itself.
inline std::string withEnd(std::string loss, const std::string& end) {
  return end.empty() || loss.contains(end) ? loss : loss + " (such a pod ended: " + end + ")";
}

inline bool Pod::current() const { return function != nullptr && digest == function->spec->digest; }

}  // namespace faasbatch::pods
