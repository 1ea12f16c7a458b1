#include "lib/kube/lease.h"

#include <algorithm>

namespace faasbatch::kube {
namespace {

using Kind = LeaseDecision::Kind;

constexpr base::Duration kShortestPause = std::chrono::milliseconds(200);

base::Instant leaderEnd(const LeaseOptions& options, const LeaseView& view) {
  return view.renewedAt + options.renewDeadline;
}

// Half of what is left at `at`: several tries fit into any rest.
base::Duration halfOfTheRest(const LeaseOptions& options, const LeaseView& view, base::Instant at) {
  return std::max<base::Duration>((leaderEnd(options, view) - at) / 2, kShortestPause);
}

// Another try is due from then on.
base::Instant nextTry(const LeaseOptions& options, const LeaseView& view) {
  if (!view.failed) return view.busyUntil;
  base::Duration pause = options.retryPeriod;
  if (view.leading) pause = std::min(pause, halfOfTheRest(options, view, view.triedAt));
  return std::max(view.triedAt + pause, view.busyUntil);
}

LeaseDecision decideLeader(const LeaseOptions& options, const LeaseView& view, base::Instant now) {
  const base::Instant end = leaderEnd(options, view);
  if (now >= end || view.record.holder != options.identity) return {.kind = Kind::kStop};
  const base::Instant ordinary = view.failed ? base::Instant{0} : view.renewedAt + options.renewEvery;
  const base::Instant due = std::max(ordinary, nextTry(options, view));
  if (now >= due) return {.kind = Kind::kRenew};
  return {.kind = Kind::kWait, .at = std::min(due, end)};
}

LeaseDecision decideCandidate(const LeaseOptions& options, const LeaseView& view, base::Instant now) {
  const bool free = view.record.holder.empty() || view.record.holder == options.identity;
  const base::Duration promised =
      view.record.duration.count() > 0 ? view.record.duration : options.leaseDuration;
  const base::Instant expiry = free || !view.exists ? base::Instant{0} : view.seenAt + promised;
  const base::Instant due = std::max(expiry, nextTry(options, view));
  if (now < due) return {.kind = Kind::kWait, .at = due};
  return {.kind = view.exists ? Kind::kAcquire : Kind::kCreate};
}

}  // namespace

LeaseDecision decideLease(const LeaseOptions& options, const LeaseView& view, base::Instant now) {
  return view.leading ? decideLeader(options, view, now) : decideCandidate(options, view, now);
}

void onLeaseSeen(LeaseView& view, const LeaseOptions& options, const LeaseRecord& record, base::Instant now) {
  if (view.exists && view.record.resourceVersion == record.resourceVersion) return;
  view.exists = true;
  view.record = record;
  view.seenAt = now;
  view.failed = false;  // what was tried on top of an older version can be tried anew
  if (view.leading && record.holder == options.identity) {
    view.renewedAt = std::max(view.renewedAt, std::min(record.renewedAt, view.triedAt));
  }
}

void onLeaseMissing(LeaseView& view) {
  view.exists = false;
  view.record = {};
}

void onLeaseRequest(LeaseView& view, const LeaseOptions& options, base::Instant now) {
  view.triedAt = now;
  view.busyUntil = now + (view.leading ? halfOfTheRest(options, view, now) : options.renewDeadline / 2);
}

void onLeaseHeld(LeaseView& view, const LeaseOptions& options, const LeaseRecord& record,
                 base::Instant sentAt, base::Instant now) {
  onLeaseSeen(view, options, record, now);
  view.busyUntil = {0};
  view.failed = false;
  if (view.leading) {
    view.renewedAt = std::max(view.renewedAt, sentAt);
  } else if (record.holder == options.identity && now < sentAt + options.renewDeadline) {
    view.leading = true;
    view.renewedAt = sentAt;
  }
}

void onLeaseRequestFailed(LeaseView& view) {
  view.busyUntil = {0};
  view.failed = true;
}

void onLeaseLost(LeaseView& view) { view.leading = false; }

}  // namespace faasbatch::kube
