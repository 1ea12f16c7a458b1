// The calls of a pod: from the batch's line to the result's.
#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/json/check.h"
#include "runtime/supervisor/lines.h"
#include "runtime/supervisor/pod.h"

namespace faasbatch::supervisor {
namespace {

std::string sizeText(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

}  // namespace

base::Result<void> Pod::submit(std::string body, net::Responder& responder) {
  if (draining_) return base::fail("Draining", "the pod is ending and takes no more calls");
  if (state_ != PodState::kReady)
    return base::fail("NotInitialised",
                      "the pod is " + std::string(stateName(state_)) + ": POST /v1/init first");
  if (calls_.size() >= kMaxWaitingCalls)
    return base::fail("QueueFull", std::to_string(calls_.size()) + " calls wait in the pod already");
  auto batch = std::make_shared<BatchStream>(std::move(body));
  auto invocations = parseBatch(batch->body());
  if (!invocations) return std::unexpected(invocations.error());
  ++counters_.batches;
  batch->begin(invocations->size(), std::move(responder));
  batch->onClosed([this, gone = batch.get()] { onClientGone(gone); });
  for (auto& invocation : *invocations) accept(batch, std::move(invocation));
  settleSoon();
  return {};
}

void Pod::accept(const std::shared_ptr<BatchStream>& batch, Invocation invocation) {
  do {
    ++lastNumber_;
  } while (lastNumber_ == 0 || calls_.contains(lastNumber_));
  const std::uint32_t number = lastNumber_;
  ++counters_.invocations;
  Call call;
  call.batch = batch;
  call.arrived = loop_.now();
  call.deadline = loop_.at(call.arrived + invocation.timeout, [this, number] { onDeadline(number); });
  call.log = LogBudget(request_.maxLogBytes);
  const bool isolate = invocation.isolate && request_.mode != Mode::kProcesses;
  call.invocation = std::move(invocation);
  calls_.emplace(number, std::move(call));
  (isolate ? isolatingQueue_ : mainQueue_).numbers.push_back(number);
  if (isolate && !isolating_.started()) loadIsolating();
}

void Pod::settleSoon() {
  if (std::exchange(settling_, true)) return;
  loop_.atEndOfTurn([this] { settle(); });
}

void Pod::settle() {
  settling_ = false;
  dispatch();
  for (const auto& batch : std::exchange(touched_, {})) batch->flush();
  if (draining_ && calls_.empty() && drained_) std::exchange(drained_, nullptr)();
}

// The queue whose first call came first, of those whose worker is ready.
Pod::Queue* Pod::nextQueue() {
  Queue* next = nullptr;
  for (Queue* queue : {&mainQueue_, &isolatingQueue_}) {
    while (!queue->numbers.empty() && !calls_.contains(queue->numbers.front())) queue->numbers.pop_front();
    if (queue->numbers.empty() || queue->lane->ready() == nullptr) continue;
    // Numbers wrap around; their distance tells which is older.
    if (next == nullptr || static_cast<std::int32_t>(queue->numbers.front() - next->numbers.front()) < 0)
      next = queue;
  }
  return next;
}

void Pod::dispatch() {
  bool started = false;
  for (Queue* queue : {&mainQueue_, &isolatingQueue_}) {
    if (!queue->numbers.empty()) queue->lane->replaceHeldUp();
  }
  while (running_ < request_.limit) {
    Queue* queue = nextQueue();
    if (queue == nullptr) break;
    const std::uint32_t number = queue->numbers.front();
    queue->numbers.pop_front();
    startCall(number, *queue->lane->ready());
    started = true;
  }
  if (!started) return;
  for (const Queue* queue : {&mainQueue_, &isolatingQueue_}) {
    if (Worker* worker = queue->lane->ready()) worker->flush();
  }
}

void Pod::startCall(std::uint32_t number, Worker& worker) {
  Call& call = calls_.at(number);
  call.worker = &worker;
  call.started = loop_.now();
  ++running_;
  auto& head = call.invocation.head;
  const base::Duration left = call.invocation.timeout - (call.started - call.arrived);
  head.timeoutSeconds = static_cast<double>(std::max(left, base::Duration::zero()).count()) / 1e9;
  worker.startCall(number, protocol::encodeCallHead(head), call.invocation.input, call.batch,
                   call.invocation.slice);
}

void Pod::end(std::uint32_t number, const Outcome& outcome) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  Call& call = found->second;
  loop_.cancel(call.deadline);
  loop_.cancel(call.grace);
  if (call.worker != nullptr) --running_;
  const base::Instant started = call.worker != nullptr ? call.started : loop_.now();
  Times times = outcome.times;
  times.queueUs += micros(started - call.arrived);
  // Who crashed says no times.
  if (outcome.error && outcome.error->type == "WorkerCrashed") times.execUs = micros(loop_.now() - started);

  std::string& lines = call.batch->lines();
  const std::string& id = call.invocation.id;
  if (call.log.dropped() > 0) {
    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    appendLog(lines, id, {now, protocol::Stream::kSystem},
              sizeText(call.log.dropped()) + " of output were dropped, over the bound of " +
                  sizeText(request_.maxLogBytes) + "\n");
  }
  if (outcome.error) {
    appendFailed(lines, id, times, *outcome.error);
  } else if (outcome.output.size() > request_.maxOutputBytes) {
    appendFailed(lines, id, times,
                 {"OutputTooLarge",
                  "the output has " + sizeText(outcome.output.size()) + ", " +
                      std::to_string(request_.maxOutputBytes) + " are allowed",
                  "", false});
  } else if (auto checked = json::check(outcome.output); !checked) {
    appendFailed(lines, id, times, {"InvalidOutput", "the output is " + checked.error().message, "", false});
  } else {
    appendSucceeded(lines, id, times, outcome.output);
  }
  call.batch->callEnded();
  touch(call.batch);
  calls_.erase(found);
}

// It comes first again: it has waited longest.
void Pod::onReturned(Worker& worker, std::uint32_t number) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  found->second.worker = nullptr;
  --running_;
  (main_.owns(worker) ? mainQueue_ : isolatingQueue_).numbers.push_front(number);
  settleSoon();
}

void Pod::onTurns(Worker&) { settleSoon(); }

void Pod::failWaiting(Queue& queue, const protocol::CallError& error) {
  for (const std::uint32_t number : std::exchange(queue.numbers, {})) {
    Outcome outcome;
    outcome.error = error;
    end(number, outcome);
  }
}

void Pod::touch(const std::shared_ptr<BatchStream>& batch) {
  if (std::ranges::find(touched_, batch) == touched_.end()) touched_.push_back(batch);
  settleSoon();
}

}  // namespace faasbatch::supervisor
