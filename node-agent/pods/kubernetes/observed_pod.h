// What the API server says of a pod, as far as it matters here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/kube/object.h"

namespace faasbatch::pods {

struct ObservedPod {
  enum class Phase { kPending, kRunning, kSucceeded, kFailed, kUnknown };
  struct Waiting {
    std::string reason;  // "ImagePullBackOff"
    std::string message;
  };
  struct Terminated {
    std::string reason;  // "OOMKilled", "Error"
    std::string message;
    std::int64_t exitCode = 0;
    std::int64_t signal = 0;
  };

  kube::ObjectKey key;
  std::string uid;
  Phase phase = Phase::kPending;
  bool deleting = false;
  std::string address;                   // status.podIP; empty: none yet
  std::string reason;                    // of the pod: "Evicted", "OutOfpods"
  std::string message;                   // likewise
  std::string disruption;                // why it is being ended (condition DisruptionTarget), or empty
  std::optional<Waiting> waiting;        // its container
  std::optional<Terminated> terminated;  // likewise
  std::string runtime;                   // label
  bool generic = false;                  // label
  std::string workflow;                  // label, of a pod of a function: cluster::labelValue(name)
  std::string function;                  // likewise
  std::string made;                      // annotation: see templateHash()

  bool ended() const { return phase == Phase::kSucceeded || phase == Phase::kFailed; }
};

// Pure. Absent fields keep their defaults; `object.json` has been checked (lib/kube/object.h).
ObservedPod observePod(const kube::Object& object);

// Whether a pod that says it has loaded `function` (FunctionKey::describe()) may have: it lies in the
// namespace of the function, and its labels, which nothing that runs inside it can write, name the function.
// Pure.
bool mayHaveLoaded(const ObservedPod& pod, std::string_view function);

// Why a pod ended, in words: "OOMKilled (exit code 137)", "Evicted: The node was low on resource: memory."
// Pure.
std::string whyEnded(const ObservedPod& pod);

// The same where it ended, or is ended, by no doing of its agent; empty where it has not, or its agent's own
// signals would look the same (exit code 137 or 143). Pure.
std::string whyEndedByItself(const ObservedPod& pod);

}  // namespace faasbatch::pods
