// Leader election on a Lease (coordination.k8s.io/v1), as client-go does it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/loop.h"
#include "lib/kube/client.h"

namespace faasbatch::kube {

// A leader that renews well does so every `renewEvery`, to spare the API server; after a failure, or where no
// answer comes, it tries again after `retryPeriod` or half of the time that is left, whichever is shorter,
// until `renewDeadline` has passed since the last success: then it stops leading. Others watch the Lease and
// take it when it is older than `leaseDuration` by their own clock (never by the holder's), or released.
struct LeaseOptions {
  std::string nameSpace;
  std::string name;
  std::string identity;  // unique: the pod's name
  base::Duration leaseDuration = std::chrono::seconds(15);
  base::Duration renewDeadline = std::chrono::seconds(10);
  base::Duration retryPeriod = std::chrono::seconds(2);
  base::Duration renewEvery = std::chrono::milliseconds(7500);
};

// The Lease as an answer of the server shows it.
struct LeaseRecord {
  std::string holder;          // empty: released
  base::Duration duration{0};  // that the holder promised; 0: none given
  base::Instant renewedAt{0};  // by the holder's clock: tells a holder which of its writes this was
  std::int64_t transitions = 0;
  std::string resourceVersion;
};

// What a candidate knows. `seenAt` is when this process first saw this `resourceVersion` of the Lease.
struct LeaseView {
  bool exists = false;
  LeaseRecord record;
  base::Instant seenAt;
  base::Instant renewedAt;  // while we lead: when the last request that succeeded was sent
  bool leading = false;
  base::Instant triedAt;       // when the last request was sent
  bool failed = false;         // it did not succeed
  base::Instant busyUntil{0};  // a request is under way; no other one before this
};

// These keep a view; the shell below and the simulation in the tests use nothing else.
// A leader that finds a renewal of its own, whose answer was lost, has renewed.
void onLeaseSeen(LeaseView& view, const LeaseOptions& options, const LeaseRecord& record, base::Instant now);
void onLeaseMissing(LeaseView& view);
void onLeaseRequest(LeaseView& view, const LeaseOptions& options, base::Instant now);
// The request sent at `sentAt` took or renewed the Lease. One that was under way for too long starts no
// leadership: the Lease is then ours, and is taken again.
void onLeaseHeld(LeaseView& view, const LeaseOptions& options, const LeaseRecord& record,
                 base::Instant sentAt, base::Instant now);
void onLeaseRequestFailed(LeaseView& view);
void onLeaseLost(LeaseView& view);  // kStop has been carried out

struct LeaseDecision {
  enum class Kind { kWait, kAcquire, kCreate, kRenew, kStop };
  Kind kind = Kind::kWait;
  base::Instant at;  // kWait: look again then
  friend bool operator==(const LeaseDecision&, const LeaseDecision&) = default;
};
// Pure. Why two never lead at once, as long as no clock runs faster than another by the half: a leader stops
// `renewDeadline` after it *sent* its last successful request; others count `leaseDuration` (the one the
// holder wrote) from when they *saw* its effect, which is later; and the server takes a write only from who
// knows the newest version.
LeaseDecision decideLease(const LeaseOptions& options, const LeaseView& view, base::Instant now);

// Loop thread only. `onStarted` when this process leads; `onStopped` when it does not any more, before anyone
// else can: work must stop then and there. The Lease is watched (one request in some minutes); a leader
// writes it every `renewEvery`. Destruction releases the Lease where it leads, without waiting and without
// onStopped: see release(). Callbacks may not destroy the elector; `client` must outlive it.
class LeaderElector {
 public:
  struct Callbacks {
    std::function<void()> onStarted;
    std::function<void()> onStopped;
  };
  static std::unique_ptr<LeaderElector> start(base::Loop& loop, Client& client, LeaseOptions options,
                                              Callbacks callbacks);
  virtual ~LeaderElector() = default;
  // By the clock, not by the last callback: false from the deadline on, even where the loop has been held up.
  virtual bool leading() const = 0;
  // Stops leading (onStopped runs) and gives the Lease up so that another leads at once; never takes it
  // again. `done` when that is known or the time is up.
  virtual void release(base::Duration time, std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::kube
