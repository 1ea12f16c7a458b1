// The life of one Kubernetes pod as its provider sees it, as a state machine without I/O.
//
//   Asked ──> Made ──(has an address)──> Asking ──(its runtime answers)──> Ready
//     any ──(refused, failed, ended, gone)──> Over
//
// Asked   the API server has been asked to make it
// Made    it exists; its node is bringing it up
// Asking  its runtime is asked whether it answers
// Ready   it has been handed over
// Over    it has been said that it failed, or is gone: once
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/kube/error.h"
#include "node-agent/pods/kubernetes/observed_pod.h"

namespace faasbatch::pods {

// A pod that is made and not up is looked at so often for what its node warns of. Mounts and sandboxes that
// fail are tried again by the kubelet, as a Secret may come a moment after the pod: they have kStuckAfter.
inline constexpr base::Duration kWarningEvery = std::chrono::seconds(10);
inline constexpr base::Duration kStuckAfter = std::chrono::seconds(30);

enum class PodStage { kAsked, kMade, kAsking, kReady, kOver };

struct PodLife {
  PodStage stage = PodStage::kAsked;
  bool endAsked = false;  // by us
  bool leavingTold = false;
  std::string pullFailure;  // of its image, the first time: the back-off that follows says less
  std::string warning;      // the newest that its node gave about it while it was not up: "FailedMount: ..."
};

// What is to be done now.
struct PodStep {
  enum class Kind {
    kNothing,
    kAsk,      // ask its runtime at the address
    kRetry,    // ask the API server again, after a while
    kFailed,   // it never gets ready: `error`; delete what there is of it
    kLeaving,  // somebody ends it: `why`
    kGone,     // it was ready and is no more: `why`; delete what there is of it
  };
  Kind kind = Kind::kNothing;
  base::Error error{};
  std::string why{};
  friend bool operator==(const PodStep&, const PodStep&) = default;
};

// All pure, but for the life they move on.
PodStep onCreated(PodLife& life);
// "NoCapacity" where a quota is used up, with the server's words; "LoadFailed" where such a pod is never
// taken; what may pass is tried again.
PodStep onCreateFailed(PodLife& life, const kube::ApiError& error);
// An image that cannot be had is "LoadFailed" as soon as the node says so; a node without room "NodeFull",
// one that takes no pods any more "NoCapacity"; a pod that ends before it is ready "PodLost".
PodStep onSeen(PodLife& life, const ObservedPod& pod);
PodStep onDeleted(PodLife& life, const ObservedPod& last);
// Its node's newest warning about it, or none. `lasts`: it was made longer than kStuckAfter ago; then what
// does not heal by itself soon fails it: "LoadFailed" where its volumes cannot be mounted, "NoCapacity" where
// its node cannot make its sandbox or network.
PodStep onWarned(PodLife& life, const kube::ObjectKey& key, std::string warning, bool lasts);
// What it waits for until it is ready, in a few words. `last`: as it was seen last, or nullptr.
std::string podWaitsFor(const PodLife& life, const ObservedPod* last);
// Its runtime answers. False: too late.
bool onAnswers(PodLife& life);

}  // namespace faasbatch::pods
