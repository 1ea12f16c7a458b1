#include "node-agent/pods/kubernetes/pod_life.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace faasbatch::pods {
namespace {

using Kind = PodStep::Kind;

// Reasons of a waiting container after which it does not come up by itself, or not soon.
constexpr std::array<std::string_view, 8> kHopeless{
    "ImagePullBackOff",           "ErrImageNeverPull",    "InvalidImageName",  "ImageInspectError",
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "RegistryUnavailable"};

// Warnings about a pod that does not come up, as long as they are the newest.
constexpr std::array<std::string_view, 4> kNoVolume{"FailedMount", "FailedAttachVolume", "FailedMapVolume",
                                                    "FailedBinding"};
constexpr std::array<std::string_view, 2> kNoSandbox{"FailedCreatePodSandBox", "NetworkNotReady"};

// Reasons of a pod that its node did not take, besides "OutOfcpu" and its like.
constexpr std::array<std::string_view, 6> kNoRoom{"Evicted",    "Preempting",   "UnexpectedAdmissionError",
                                                  "Terminated", "NodeShutdown", "TopologyAffinityError"};

PodStep failed(PodLife& life, std::string kind, std::string message) {
  life.stage = PodStage::kOver;
  return {.kind = Kind::kFailed, .error = {std::move(kind), std::move(message)}};
}

// It is no more, or will not be: told as what its owner waits for.
PodStep over(PodLife& life, const ObservedPod& pod) {
  if (life.stage == PodStage::kReady) {
    life.stage = PodStage::kOver;
    return {.kind = Kind::kGone, .why = whyEnded(pod)};
  }
  const std::string name = "pod " + pod.key.describe();
  const bool full = pod.reason.starts_with("OutOf");
  if (full || std::ranges::find(kNoRoom, pod.reason) != kNoRoom.end())
    return failed(life, full ? "NodeFull" : "NoCapacity",
                  "the node did not take " + name + ": " + whyEnded(pod));
  return failed(life, "PodLost", name + " ended before it was ready: " + whyEnded(pod));
}

PodStep waits(PodLife& life, const ObservedPod& pod) {
  const ObservedPod::Waiting& waiting = *pod.waiting;
  if (waiting.reason == "ErrImagePull") life.pullFailure = waiting.message;
  if (std::ranges::find(kHopeless, waiting.reason) == kHopeless.end()) return {};
  std::string message = waiting.reason;
  if (!waiting.message.empty()) message += ": " + waiting.message;
  if (waiting.reason == "ImagePullBackOff" && !life.pullFailure.empty()) message += ": " + life.pullFailure;
  return failed(life, "LoadFailed", "pod " + pod.key.describe() + " cannot start: " + message);
}

}  // namespace

PodStep onCreated(PodLife& life) {
  if (life.stage == PodStage::kAsked) life.stage = PodStage::kMade;
  return {};
}

PodStep onCreateFailed(PodLife& life, const kube::ApiError& error) {
  if (life.stage != PodStage::kAsked) return {};
  if (error.reason == "AlreadyExists") return onCreated(life);  // an answer that was lost on its way
  if (error.reason == "Forbidden" && error.message.contains("exceeded quota"))
    return failed(life, "NoCapacity", error.message);
  // In a namespace that has just been made, its service account comes a moment later.
  const bool tooEarly =
      error.reason == "Forbidden" && error.message.contains("error looking up service account");
  const bool mayPass = tooEarly || error.retryable() || error.status == 0 || error.reason == "Unauthorized";
  if (mayPass) return {.kind = Kind::kRetry, .error = error.error()};
  return failed(life, "LoadFailed", "the API server does not take its pod: " + error.message);
}

PodStep onSeen(PodLife& life, const ObservedPod& pod) {
  if (life.stage == PodStage::kOver) return {};
  onCreated(life);  // the watch may be faster than the answer
  if (pod.ended()) return over(life, pod);
  if (pod.deleting && !life.endAsked) {
    if (life.stage != PodStage::kReady) return over(life, pod);
    if (std::exchange(life.leavingTold, true)) return {};
    return {.kind = Kind::kLeaving, .why = pod.disruption.empty() ? "it is being deleted" : pod.disruption};
  }
  if (life.stage == PodStage::kReady) return {};
  if (pod.waiting) {
    if (PodStep step = waits(life, pod); step.kind != Kind::kNothing) return step;
  }
  if (life.stage != PodStage::kMade || pod.address.empty()) return {};
  life.stage = PodStage::kAsking;
  return {.kind = Kind::kAsk};
}

PodStep onDeleted(PodLife& life, const ObservedPod& last) {
  if (life.stage == PodStage::kOver) return {};
  ObservedPod pod = last;
  pod.deleting = true;
  return over(life, pod);
}

PodStep onWarned(PodLife& life, const kube::ObjectKey& key, std::string warning, bool lasts) {
  if (life.stage != PodStage::kMade) return {};
  life.warning = std::move(warning);
  const std::string_view reason = std::string_view(life.warning).substr(0, life.warning.find(':'));
  const bool noVolume = std::ranges::find(kNoVolume, reason) != kNoVolume.end();
  const bool noSandbox = std::ranges::find(kNoSandbox, reason) != kNoSandbox.end();
  if (!lasts || !(noVolume || noSandbox)) return {};
  return failed(life, noVolume ? "LoadFailed" : "NoCapacity",
                "pod " + key.describe() + " cannot start: " + life.warning);
}

std::string podWaitsFor(const PodLife& life, const ObservedPod* last) {
  switch (life.stage) {
    case PodStage::kAsked:
      return "the API server has not made it yet";
    case PodStage::kAsking:
      return "it runs, and its runtime does not answer yet";
    case PodStage::kMade:
      break;
    default:
      return {};
  }
  if (!life.pullFailure.empty()) return "its image cannot be pulled: " + life.pullFailure;
  const std::string warned = life.warning.empty() ? "" : "; " + life.warning;
  if (last == nullptr || !last->waiting) return "Pending: its node has not started it" + warned;
  const ObservedPod::Waiting& waiting = *last->waiting;
  return (waiting.message.empty() ? waiting.reason : waiting.reason + ": " + waiting.message) + warned;
}

bool onAnswers(PodLife& life) {
  if (life.stage != PodStage::kAsking) return false;
  life.stage = PodStage::kReady;
  return true;
}

}  // namespace faasbatch::pods
