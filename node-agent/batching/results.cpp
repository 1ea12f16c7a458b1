// The dispatcher's ends of calls: results of pods, lost pods, deadlines.
#include <algorithm>

#include "node-agent/batching/dispatcher_impl.h"
#include "node-agent/batching/receipts.h"

namespace faasbatch::batching {

bool DispatcherImpl::resultOf(Batch& batch, pods::ResultLine line) {
  const auto found = records_.find(line.call);
  if (found == records_.end() || found->second.batch != &batch) {
    return std::erase(batch.givenUp, line.call) > 0;
  }
  pods::Pod& pod = batch.pod;
  Function& function = *found->second.function;
  if (line.outcome) {
    pool_.didWell(pod);
  } else if (line.outcome.error().type == "Timeout") {
    pool_.askStatus(pod);
  } else if (line.outcome.error().type == "WorkerCrashed" && !std::exchange(batch.crashed, true)) {
    pool_.crashed(pod);
  }
  learn(function, line);
  --batch.open;
  --function.running;
  pool_.callsEnded(pod, 1);
  touch(function);
  Outcome outcome = std::move(line.outcome);
  finish(records_.extract(found), std::move(outcome), &line);
  return true;
}

bool DispatcherImpl::logsOf(Batch& batch, pods::LogsLine line) {
  const auto found = records_.find(line.call);
  if (found == records_.end() || found->second.batch != &batch) {
    return std::ranges::find(batch.givenUp, line.call) != batch.givenUp.end();
  }
  if (!found->second.observer.onLog) return true;
  for (calls::LogLine& log : line.lines) {
    // A handler may cancel and so on, but a running record stays until its result.
    found->second.observer.onLog(std::move(log));
  }
  return true;
}

void DispatcherImpl::endOf(Batch& batch, base::Result<void> end) {
  const std::unique_ptr<Batch> owned = std::move(batches_.at(&batch));
  batches_.erase(&batch);
  if (batch.open == 0) return;
  pods::Pod& pod = batch.pod;
  const std::string why =
      end ? "the pod ended a batch without the results of " + std::to_string(batch.open) + " calls"
          : end.error().message;
  const auto lost = static_cast<std::uint32_t>(batch.open);
  batch.open = 0;
  const bool endedByUs = pod.ending || shuttingDown_;
  if (pod.state != pods::PodState::kGone) pool_.brokeContract(pod, why);
  calls::CallError error{.type = "PodLost",
                         .message = "pod " + pod.name + " was lost: " + why,
                         .traceback = {},
                         .blameless = true};
  if (batch.alone && !endedByUs) {
    error = {.type = "WorkerCrashed",
             .message = "pod " + pod.name + " was lost while nothing but this call ran in it: " + why};
  }
  const bool cut = !end && (end.error().kind == "ConnectionLost" || end.error().kind == "ConnectFailed");
  error.unexplained = cut && !endedByUs;
  const calls::CallError cancelled{.type = "Cancelled", .message = "cancelled; its pod ended"};
  std::vector<Records::node_type> nodes;
  for (const calls::CallId id : batch.calls) {
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.batch != &batch) continue;
    --found->second.function->running;
    touch(*found->second.function);
    deadlines_.remove(found->second);
    nodes.push_back(records_.extract(found));
  }
  pool_.callsEnded(pod, lost);
  for (Records::node_type& node : nodes) {
    Outcome outcome = std::unexpected(node.mapped().cancelled ? cancelled : error);
    finish(std::move(node), std::move(outcome), nullptr);
  }
}

void DispatcherImpl::expire() {
  const base::Instant now = loop_.now();
  while (!deadlines_.empty() && deadlines_.top().due() <= now) {
    Record& record = deadlines_.top();
    if (record.batch == nullptr) {
      std::string message = "its deadline passed while it waited for a pod";
      if (const std::string why = pool_.waitsFor(*record.function); !why.empty()) message += ": " + why;
      endQueued(record, {.type = "Timeout", .message = std::move(message)});
    } else if (record.cancelled) {
      giveUp(record, {.type = "Cancelled", .message = "cancelled; the pod did not end it in time"});
    } else {
      giveUp(record, {.type = "Timeout", .message = "its time was over and the pod did not end it"});
    }
  }
}

void DispatcherImpl::armDeadline() {
  if (deadlines_.empty() || deadlines_.top().due() >= deadlineTime_) return;
  loop_.cancel(deadlineTimer_);
  deadlineTime_ = deadlines_.top().due();
  deadlineTimer_ = loop_.at(deadlineTime_, [this, alive = alive_] {
    if (!*alive) return;
    deadlineTimer_ = 0;
    deadlineTime_ = base::Instant::never();
    expire();
    armDeadline();
  });
}

void DispatcherImpl::giveUp(Record& record, calls::CallError error) {
  Batch& batch = *record.batch;
  pods::Pod& pod = batch.pod;
  Function& function = *record.function;
  deadlines_.remove(record);
  batch.givenUp.push_back(record.call.id);
  --batch.open;
  --function.running;
  pool_.overdue(pod);
  pool_.callsEnded(pod, 1);
  touch(function);
  finish(records_.extract(record.call.id), std::unexpected(std::move(error)), nullptr);
}

void DispatcherImpl::unqueue(Record& record) {
  Function& function = *record.function;
  queued_ -= std::erase(function.alone, &record);
  const auto found = std::ranges::find(function.queue, &record);
  if (found == function.queue.end()) return;
  function.came.erase(function.came.begin() + (found - function.queue.begin()));
  function.queue.erase(found);
  --queued_;
}

void DispatcherImpl::endQueued(Record& record, calls::CallError error) {
  unqueue(record);
  deadlines_.remove(record);
  touch(*record.function);
  ++record.function->ending;
  ended_.push_back({records_.extract(record.call.id), std::move(error)});
}

void DispatcherImpl::endAllQueued(Function& function, const calls::CallError& error) {
  while (!function.queue.empty()) endQueued(*function.queue.front(), error);
  while (!function.alone.empty()) endQueued(*function.alone.front(), error);
}

void DispatcherImpl::finish(Records::node_type node, Outcome outcome, const pods::ResultLine* line) {
  Record& record = node.mapped();
  Function& function = *record.function;
  deadlines_.remove(record);
  const base::Instant now = loop_.now();
  Times times{.submittedAt = record.submittedAt, .startedAt = now, .finishedAt = now};
  calls::CallResult result{.outcome = std::move(outcome), .where = {.node = options_.node}};
  if (record.startedAt.ns != 0) {
    times.startedAt = record.startedAt;
    times.window = record.reading.window;
    times.cold = record.reading.cold;
  } else {
    const WaitingClock::Reading reading = function.clock.read(now);
    times.window = reading.window - record.reading.window;
    times.cold = reading.cold - record.reading.cold;
  }
  if (record.batch != nullptr) {
    result.where.pod = record.batch->pod.name;
    result.where.batch = record.batch->name;
    result.where.batchSize = record.batch->size;
  }
  if (line != nullptr) {
    times.podQueue = line->queue;
    times.podExec = line->exec;
    times.podStore = line->store;
  }
  result.startedAt = times.startedAt;
  result.finishedAt = now;
  result.receipt = receiptOf(times);
  function.metrics->ended(result);
  if (record.observer.onDone) record.observer.onDone(std::move(result));
}

void DispatcherImpl::learn(Function& function, const pods::ResultLine& line) {
  constexpr int kWeight = 8;  // the newest counts an eighth
  History& history = function.history;
  const base::Duration mean = history.meanExec.value_or(line.exec);
  history.meanExec = mean + (line.exec - mean) / kWeight;
  history.lastProgress = loop_.now();
}

}  // namespace faasbatch::batching
