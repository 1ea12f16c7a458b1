// What the dispatcher keeps of calls, batches and functions.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "node-agent/batching/deadline_heap.h"
#include "node-agent/batching/dispatcher.h"
#include "node-agent/batching/function_metrics.h"
#include "node-agent/batching/policy.h"
#include "node-agent/batching/waiting_clock.h"
#include "node-agent/pods/pod.h"

namespace faasbatch::batching {

struct Function;
struct Batch;

// A call from submit() until onDone. In the deadline heap: its deadline while it waits, later the time by
// which the pod must have ended it.
struct Record : DeadlineItem {
  calls::Call call;
  CallObserver observer;
  Function* function = nullptr;
  Batch* batch = nullptr;  // nullptr while it waits
  base::Instant submittedAt;
  base::Instant startedAt;
  WaitingClock::Reading reading;  // at submit; from startedAt on: what it waited for
  bool cancelled = false;         // its pod has been told
};

// A function with its queues. queue[i] came at came[i].
struct Function : pods::FunctionPods {
  std::size_t waiting() const { return queue.size() + alone.size(); }

  std::deque<Record*> queue;
  std::deque<Record*> alone;  // calls that must have a pod to themselves
  QueueView came;
  std::size_t running = 0;
  std::size_t ending = 0;  // calls that have ended and whose observers are not told yet
  Policy policy = nullptr;
  Limits limits;
  History history;
  WaitingClock clock;
  bool dirty = false;    // in the list of this turn
  bool drained = false;  // removed, and its pods told to leave
  base::TimerId wakeTimer = 0;
  base::Instant wakeTime = base::Instant::never();
  base::Instant windowStart;
  std::uint32_t callsInWindow = 0;
  std::unique_ptr<FunctionMetrics> metrics;
};

// Receives the results of one batch for its owner.
class BatchOwner {
 public:
  virtual ~BatchOwner() = default;
  virtual bool resultOf(Batch& batch, pods::ResultLine line) = 0;
  virtual bool logsOf(Batch& batch, pods::LogsLine line) = 0;
  virtual void endOf(Batch& batch, base::Result<void> end) = 0;  // destroys the batch
};

struct Batch final : pods::BatchObserver {
  Batch(BatchOwner& theOwner, pods::Pod& thePod, std::string theName)
      : owner(theOwner), pod(thePod), name(std::move(theName)) {}
  bool onResult(pods::ResultLine line) override { return owner.resultOf(*this, std::move(line)); }
  bool onLogs(pods::LogsLine line) override { return owner.logsOf(*this, std::move(line)); }
  void onEnd(base::Result<void> end) override { owner.endOf(*this, std::move(end)); }

  BatchOwner& owner;
  pods::Pod& pod;
  std::string name;
  std::uint32_t size = 0;
  std::vector<calls::CallId> calls;    // all of it
  std::vector<calls::CallId> givenUp;  // ended by the dispatcher; the pod may still speak of them
  std::size_t open = 0;                // calls that have not ended
  bool crashed = false;                // counted once a batch
  bool alone = false;                  // one call, and nothing else ran in the pod
};

}  // namespace faasbatch::batching
