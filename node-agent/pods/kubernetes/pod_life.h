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

#include <optional>
#include <string>

#include "lib/base/error.h"
#include "lib/kube/error.h"
#include "node-agent/pods/kubernetes/observed_pod.h"

namespace faasbatch::pods {

enum class PodStage { kAsked, kMade, kAsking, kReady, kOver };

struct PodLife {
  PodStage stage = PodStage::kAsked;
  bool endAsked = false;  // by us
  bool leavingTold = false;
  std::string pullFailure;  // of its image, the first time: the back-off that follows says less
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
// What it waits for until it is ready, in a few words. `last`: as it was seen last, or nullptr.
std::string podWaitsFor(const PodLife& life, const ObservedPod* last);
// Its runtime answers. False: too late.
bool onAnswers(PodLife& life);

}  // namespace faasbatch::pods
