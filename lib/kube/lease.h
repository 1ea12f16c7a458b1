// Leader election on a Lease (coordination.k8s.io/v1), as client-go does it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/loop.h"
#include "lib/kube/client.h"

namespace faasbatch::kube {

// A leader that renews well does so every `renewEvery`, to spare the API server; after a failure it tries
// every `retryPeriod` until `renewDeadline` has passed since the last success: then it stops leading. Others
// watch the Lease and take it when it is older than `leaseDuration` by their own clock (never by the
// holder's), or released.
struct LeaseOptions {
  std::string nameSpace;
  std::string name;
  std::string identity;  // unique: the pod's name
  base::Duration leaseDuration = std::chrono::seconds(15);
  base::Duration renewDeadline = std::chrono::seconds(10);
  base::Duration retryPeriod = std::chrono::seconds(2);
  base::Duration renewEvery = std::chrono::milliseconds(7500);
};

// What a candidate knows. `seenAt` is when this process first saw this `resourceVersion` of the Lease.
struct LeaseView {
  bool exists = false;
  std::string holder;
  std::string resourceVersion;
  base::Instant seenAt;
  base::Instant renewedAt;  // our own last success; while we lead
  bool leading = false;
};

struct LeaseDecision {
  enum class Kind { kWait, kAcquire, kCreate, kRenew, kStop };
  Kind kind = Kind::kWait;
  base::Instant at;  // kWait: look again then
};
// Pure.
LeaseDecision decideLease(const LeaseOptions& options, const LeaseView& view, base::Instant now);

// Loop thread only. `onStarted` when this process leads; `onStopped` when it does not any more, before anyone
// else can: work must stop then and there. Destruction releases the Lease where it leads (asynchronously: see
// release()).
class LeaderElector {
 public:
  struct Callbacks {
    std::function<void()> onStarted;
    std::function<void()> onStopped;
  };
  static std::unique_ptr<LeaderElector> start(base::Loop& loop, Client& client, LeaseOptions options,
                                              Callbacks callbacks);
  virtual ~LeaderElector() = default;
  virtual bool leading() const = 0;
  // Gives the Lease up so that another leads at once; `done` when that is known or the time is up.
  virtual void release(base::Duration time, std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::kube
