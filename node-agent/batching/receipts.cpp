#include "node-agent/batching/receipts.h"

#include <algorithm>

namespace faasbatch::batching {

calls::Receipt receiptOf(const Times& times) {
  constexpr base::Duration kZero{0};
  const base::Duration waited = std::max(kZero, times.startedAt - times.submittedAt);
  const base::Duration inPod = std::max(kZero, times.finishedAt - times.submittedAt) - waited;
  calls::Receipt receipt;
  receipt.cold = std::clamp(times.cold, kZero, waited);
  receipt.window = std::clamp(times.window, kZero, waited - receipt.cold);
  receipt.queue = waited - receipt.cold - receipt.window;
  const base::Duration exec = std::clamp(times.podExec, kZero, inPod);
  const base::Duration podQueue = std::clamp(times.podQueue, kZero, inPod - exec);
  receipt.store = std::clamp(times.podStore, kZero, exec);
  receipt.exec = exec - receipt.store;
  receipt.queue += podQueue;
  receipt.transport = inPod - exec - podQueue;
  return receipt;
}

}  // namespace faasbatch::batching
