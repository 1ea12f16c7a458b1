#include "node-agent/batching/receipts.h"

#include <gtest/gtest.h>

#include <random>

namespace faasbatch::batching {
namespace {

using std::chrono::microseconds;

constexpr base::Instant kStart{1'700'000'000'000'000'000};

TEST(ReceiptOf, PutsEveryPartWhereItBelongs) {
  const calls::Receipt receipt = receiptOf({.submittedAt = kStart,
                                            .startedAt = kStart + microseconds(100),
                                            .finishedAt = kStart + microseconds(300),
                                            .window = microseconds(20),
                                            .cold = microseconds(30),
                                            .podQueue = microseconds(10),
                                            .podExec = microseconds(150),
                                            .podStore = microseconds(40)});
  EXPECT_EQ(receipt, (calls::Receipt{.queue = microseconds(60),
                                     .window = microseconds(20),
                                     .cold = microseconds(30),
                                     .transport = microseconds(40),
                                     .exec = microseconds(110),
                                     .store = microseconds(40)}));
}

TEST(ReceiptOf, CutsWhatAPodClaimsBeyondItsTime) {
  const calls::Receipt receipt = receiptOf({.submittedAt = kStart,
                                            .startedAt = kStart,
                                            .finishedAt = kStart + microseconds(10),
                                            .podQueue = microseconds(50),
                                            .podExec = microseconds(70),
                                            .podStore = microseconds(90)});
  EXPECT_EQ(receipt, (calls::Receipt{.store = microseconds(10)}));
}

TEST(ReceiptOf, AddsUpWhateverItIsGiven) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> any(-1000, 1000);
  for (int i = 0; i < 10'000; ++i) {
    const base::Duration before(std::abs(any(random)));
    const base::Duration after(std::abs(any(random)));
    const calls::Receipt receipt = receiptOf({.submittedAt = kStart,
                                              .startedAt = kStart + before,
                                              .finishedAt = kStart + before + after,
                                              .window = base::Duration(any(random)),
                                              .cold = base::Duration(any(random)),
                                              .podQueue = base::Duration(any(random)),
                                              .podExec = base::Duration(any(random)),
                                              .podStore = base::Duration(any(random))});
    ASSERT_EQ(receipt.total(), before + after);
    for (const base::Duration part :
         {receipt.queue, receipt.window, receipt.cold, receipt.transport, receipt.exec, receipt.store}) {
      ASSERT_GE(part.count(), 0);
    }
  }
}

TEST(WaitingClock, SharesOfACallAddUpToItsWait) {
  WaitingClock clock;
  base::Instant now = kStart;
  clock.enter(WaitReason::kQueue, now);
  clock.enter(WaitReason::kCold, now = now + microseconds(10));
  const auto submitted = clock.read(now = now + microseconds(5));
  clock.enter(WaitReason::kWindow, now = now + microseconds(7));
  clock.enter(WaitReason::kQueue, now = now + microseconds(20));
  const auto started = clock.read(now = now + microseconds(3));
  EXPECT_EQ(started.cold - submitted.cold, microseconds(7));
  EXPECT_EQ(started.window - submitted.window, microseconds(20));
}

}  // namespace
}  // namespace faasbatch::batching
