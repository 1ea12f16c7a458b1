#include "lib/kube/lease.h"

#include <gtest/gtest.h>

#include "lib/kube/lease_record.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using Kind = LeaseDecision::Kind;

constexpr base::Instant kNow{1'000'000'000'000'000};

LeaseOptions options() { return {.nameSpace = "ns", .name = "lease", .identity = "me"}; }

LeaseRecord heldBy(const std::string& holder, const std::string& version = "1") {
  return {.holder = holder, .duration = 15s, .resourceVersion = version};
}

LeaseView seen(const LeaseRecord& record, base::Instant at = kNow) {
  LeaseView view;
  onLeaseSeen(view, options(), record, at);
  return view;
}

LeaseView leading() {
  LeaseView view = seen(heldBy("me"));
  view.leading = true;
  view.renewedAt = kNow;
  return view;
}

LeaseDecision wait(base::Instant at) { return {.kind = Kind::kWait, .at = at}; }

TEST(Lease, IsMadeWhereThereIsNone) { EXPECT_EQ(decideLease(options(), {}, kNow).kind, Kind::kCreate); }

TEST(Lease, OfAnotherIsLeftAloneUntilItExpiresByOurClock) {
  const LeaseView view = seen(heldBy("other"));
  EXPECT_EQ(decideLease(options(), view, kNow), wait(kNow + 15s));
  EXPECT_EQ(decideLease(options(), view, kNow + 14999ms), wait(kNow + 15s));
  EXPECT_EQ(decideLease(options(), view, kNow + 15s).kind, Kind::kAcquire);
}

TEST(Lease, ExpiresByTheDurationItsHolderPromised) {
  LeaseRecord record = heldBy("other");
  record.duration = 60s;
  EXPECT_EQ(decideLease(options(), seen(record), kNow + 59s), wait(kNow + 60s));
  record.duration = 0s;  // none given: ours
  EXPECT_EQ(decideLease(options(), seen(record), kNow + 15s).kind, Kind::kAcquire);
}

TEST(Lease, ThatIsRenewedBeginsItsTimeAnew) {
  LeaseView view = seen(heldBy("other", "1"));
  onLeaseSeen(view, options(), heldBy("other", "1"), kNow + 10s);  // told again: nothing new
  EXPECT_EQ(view.seenAt, kNow);
  onLeaseSeen(view, options(), heldBy("other", "2"), kNow + 10s);
  EXPECT_EQ(decideLease(options(), view, kNow + 15s), wait(kNow + 25s));
}

TEST(Lease, ThatIsReleasedOrOursAlreadyIsTakenAtOnce) {
  EXPECT_EQ(decideLease(options(), seen(heldBy("")), kNow).kind, Kind::kAcquire);
  EXPECT_EQ(decideLease(options(), seen(heldBy("me")), kNow).kind, Kind::kAcquire);
}

TEST(Lease, IsTriedForInPeriods) {
  LeaseView view = seen(heldBy(""));
  onLeaseRequest(view, options(), kNow);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s), wait(kNow + 5s));  // under way
  onLeaseRequestFailed(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s), wait(kNow + 2s));
  EXPECT_EQ(decideLease(options(), view, kNow + 2s).kind, Kind::kAcquire);
}

TEST(Lease, IsRenewedNowAndThen) {
  const LeaseView view = leading();
  EXPECT_EQ(decideLease(options(), view, kNow + 1s), wait(kNow + 7500ms));
  EXPECT_EQ(decideLease(options(), view, kNow + 7500ms).kind, Kind::kRenew);
}

TEST(Lease, ThatCannotBeRenewedIsTriedEverSoonerAndThenGivenUp) {
  LeaseView view = leading();
  onLeaseRequest(view, options(), kNow + 6s);
  EXPECT_EQ(decideLease(options(), view, kNow + 7s), wait(kNow + 8s));  // no answer: half of what is left
  onLeaseRequestFailed(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 7s), wait(kNow + 8s));
  EXPECT_EQ(decideLease(options(), view, kNow + 8s).kind, Kind::kRenew);
  onLeaseRequest(view, options(), kNow + 8s);
  onLeaseRequestFailed(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 8s), wait(kNow + 9s));
  onLeaseRequest(view, options(), kNow + 9900ms);
  EXPECT_EQ(decideLease(options(), view, kNow + 9950ms), wait(kNow + 10s));  // the end comes first
  EXPECT_EQ(decideLease(options(), view, kNow + 10s).kind, Kind::kStop);
}

TEST(Lease, IsTriedEveryRetryPeriodWhileThereIsTime) {
  LeaseView view = leading();
  onLeaseRequest(view, options(), kNow + 1s);
  onLeaseRequestFailed(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s), wait(kNow + 3s));
}

TEST(Lease, ThatChangedUnderARenewalIsRenewedOnTopOfTheChangeAtOnce) {
  LeaseView view = leading();
  onLeaseRequest(view, options(), kNow + 7500ms);
  onLeaseRequestFailed(view);
  onLeaseSeen(view, options(), heldBy("me", "2"), kNow + 7600ms);  // somebody labelled it
  EXPECT_EQ(view.renewedAt, kNow);
  EXPECT_EQ(decideLease(options(), view, kNow + 7600ms).kind, Kind::kRenew);
}

TEST(Lease, WhoseRenewalWasLostOnTheWayBackIsRenewedWhenItIsSeen) {
  LeaseView view = leading();
  onLeaseRequest(view, options(), kNow + 7500ms);
  onLeaseRequestFailed(view);
  LeaseRecord ours = heldBy("me", "2");
  ours.renewedAt = kNow + 7500ms;
  onLeaseSeen(view, options(), ours, kNow + 8s);
  EXPECT_EQ(view.renewedAt, kNow + 7500ms);
  EXPECT_EQ(decideLease(options(), view, kNow + 8s), wait(kNow + 15s));
  LeaseRecord strange = heldBy("me", "3");
  strange.renewedAt = kNow + 1h;  // nothing that we can have written
  onLeaseSeen(view, options(), strange, kNow + 9s);
  EXPECT_EQ(view.renewedAt, kNow + 7500ms);
}

TEST(Lease, IsCountedFromWhenItsRenewalWasSent) {
  LeaseView view = leading();
  onLeaseHeld(view, options(), heldBy("me", "2"), kNow + 7500ms, kNow + 9900ms);
  EXPECT_EQ(view.renewedAt, kNow + 7500ms);
  EXPECT_EQ(decideLease(options(), view, kNow + 17499ms).kind, Kind::kRenew);
  EXPECT_EQ(decideLease(options(), view, kNow + 17500ms).kind, Kind::kStop);
}

TEST(Lease, BeginsWhenItWasAskedFor) {
  LeaseView view = seen(heldBy(""));
  onLeaseRequest(view, options(), kNow);
  onLeaseHeld(view, options(), heldBy("me", "2"), kNow, kNow + 3s);
  EXPECT_TRUE(view.leading);
  EXPECT_EQ(view.renewedAt, kNow);
}

TEST(Lease, ThatCameTooLateStartsNothing) {
  LeaseView view = seen(heldBy(""));
  onLeaseRequest(view, options(), kNow);
  onLeaseHeld(view, options(), heldBy("me", "2"), kNow, kNow + 10s);
  EXPECT_FALSE(view.leading);
  EXPECT_EQ(decideLease(options(), view, kNow + 10s).kind, Kind::kAcquire);  // it is ours: once more, in time
  onLeaseHeld(view, options(), heldBy("me", "3"), kNow + 10s, kNow + 11s);
  EXPECT_TRUE(view.leading);
}

TEST(Lease, OfALeaderThatSomebodyElseHoldsOrRemovedIsLost) {
  LeaseView view = leading();
  onLeaseSeen(view, options(), heldBy("other", "9"), kNow + 1s);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s).kind, Kind::kStop);
  onLeaseLost(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s), wait(kNow + 16s));

  view = leading();
  onLeaseMissing(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s).kind, Kind::kStop);
  onLeaseLost(view);
  EXPECT_EQ(decideLease(options(), view, kNow + 1s).kind, Kind::kCreate);
}

TEST(LeaseRecord, IsReadFromTheObject) {
  const auto parse = [](const std::string& spec) {
    return parseLease(parseObject(R"({"metadata":{"name":"l","resourceVersion":"4"})" + spec + "}").value());
  };
  const LeaseRecord record =
      parse(R"(,"spec":{"holderIdentity":"a","leaseDurationSeconds":15,"leaseTransitions":3,)"
            R"("renewTime":"1999-01-01T00:00:00.000000Z"})");
  EXPECT_EQ(record.holder, "a");
  EXPECT_EQ(record.duration, 15s);
  EXPECT_EQ(record.transitions, 3);
  EXPECT_EQ(record.renewedAt, base::parseRfc3339("1999-01-01T00:00:00Z"));
  EXPECT_EQ(record.resourceVersion, "4");
  EXPECT_EQ(parse("").holder, "");
  EXPECT_EQ(parse(R"(,"spec":{"holderIdentity":null,"leaseDurationSeconds":-4})").duration, 0s);
  EXPECT_EQ(parse(R"(,"spec":{"leaseDurationSeconds":99999999999})").duration, 1h);
}

TEST(LeaseRecord, IsWrittenOnTopOfTheVersionItWasReadAt) {
  EXPECT_EQ(heldLease(options(), heldBy("me", "4"), {0}),
            R"({"metadata":{"resourceVersion":"4"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15,)"
            R"("renewTime":"1970-01-01T00:00:00.000000Z"}})");
  EXPECT_EQ(heldLease(options(), heldBy("other", "4"), {0}),
            R"({"metadata":{"resourceVersion":"4"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15,)"
            R"("renewTime":"1970-01-01T00:00:00.000000Z","acquireTime":"1970-01-01T00:00:00.000000Z",)"
            R"("leaseTransitions":1}})");
  EXPECT_EQ(releasedLease(heldBy("me", "4"), {0}),
            R"({"metadata":{"resourceVersion":"4"},"spec":{"holderIdentity":"","leaseDurationSeconds":1,)"
            R"("renewTime":"1970-01-01T00:00:00.000000Z"}})");
}

}  // namespace
}  // namespace faasbatch::kube
