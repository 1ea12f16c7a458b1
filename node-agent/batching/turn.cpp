// The dispatcher's turn: decide for each function that something happened to, and do it.
#include <algorithm>

#include "lib/base/ids.h"
#include "node-agent/batching/dispatcher_impl.h"

namespace faasbatch::batching {
namespace {

// After the last call of a batch should have ended, the stream is cut by the client's own deadline, this much
// later.
constexpr base::Duration kStreamSlack = std::chrono::seconds(10);

constexpr std::size_t kLineBytes = 200;  // about, of a call without its input

// Of the pods, those that alone calls have or wait for are full.
std::vector<PodView> seenByPolicy(const std::vector<SharedPod>& pods, const AloneDecision& alone) {
  std::vector<PodView> views(pods.begin(), pods.end());
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods[i].alone && pods[i].running > 0) views[i] = occupied(views[i]);
  }
  for (const std::size_t pod : alone.pods) views[pod] = occupied(views[pod]);
  if (alone.held) views[*alone.held] = occupied(views[*alone.held]);
  return views;
}

base::Duration timeLeft(const calls::Call& call, base::Instant now) {
  return std::max(base::Duration(0), std::min(call.timeout, call.deadline - now));
}

}  // namespace

void DispatcherImpl::touch(Function& function) {
  if (!function.dirty) {
    function.dirty = true;
    dirty_.push_back(&function);
  }
  scheduleTurn();
}

void DispatcherImpl::scheduleTurn() {
  if (turnScheduled_) return;
  turnScheduled_ = true;
  loop_.atEndOfTurn([this, alive = alive_] {
    if (!*alive) return;
    turnScheduled_ = false;
    turn();
  });
}

void DispatcherImpl::turn() {
  tellCancelled();
  const std::vector<Function*> changed = std::exchange(dirty_, {});
  for (Function* function : changed) {
    function->dirty = false;
    if (!eraseIfDone(*function)) step(*function);
  }
  tellEnded();
}

bool DispatcherImpl::eraseIfDone(Function& function) {
  if (!function.removed || function.waiting() > 0) return false;
  if (!std::exchange(function.drained, true)) pool_.drain(function);
  if (function.running > 0 || function.ending > 0 || !function.pods.empty() || function.dirty) return false;
  loop_.cancel(function.wakeTimer);
  pool_.forget(function);
  functions_.erase(calls::FunctionKey(function.key));
  return true;
}

void DispatcherImpl::step(Function& function) {
  const base::Instant now = loop_.now();
  if (now >= function.windowStart + function.limits.window) {
    function.history.callsPerWindow = (function.history.callsPerWindow + function.callsInWindow) / 2;
    function.callsInWindow = 0;
    function.windowStart = now;
  }
  std::vector<pods::Pod*> usable;
  std::vector<SharedPod> pods;
  usable.reserve(function.pods.size());
  pods.reserve(function.pods.size());
  for (pods::Pod* pod : function.pods) {
    const bool ready = pods::isReady(pod->state);
    if (!pod->current() || (!ready && !pods::isComing(pod->state))) continue;
    usable.push_back(pod);
    pods.push_back({{.ready = ready,
                     .running = pod->running,
                     .slots = ready ? pod->slots : function.limits.slots,
                     .lastUsed = pod->lastUsed},
                    pod->alone});
  }
  const AloneDecision alone =
      decideAlone(function.alone.size(), function.queue.size(), pods, function.history, function.limits,
                  !function.waitsForRoom && !function.failure);
  const Decision decision =
      function.policy(function.came, seenByPolicy(pods, alone), function.history, function.limits, now);
  act(function, decision, alone, usable);
  const std::size_t wanted = std::max(decision.podsWanted, alone.podsWanted);
  if (wanted > usable.size()) pool_.want(function, wanted);
  const bool coming = std::ranges::any_of(
      function.pods, [](const pods::Pod* pod) { return pod->current() && pods::isComing(pod->state); });
  if (usable.empty() && !coming && function.failure && now < function.failure->until) {
    endAllQueued(function, function.failure->error);
  }
  WaitReason reason = WaitReason::kQueue;
  if (!function.queue.empty() && decision.holdsBack) {
    reason = WaitReason::kWindow;
  } else if (function.waiting() > 0 && coming) {
    reason = WaitReason::kCold;
  }
  function.clock.enter(reason, now);
  function.metrics->queueLength(function.waiting());
  wakeAt(function, function.queue.empty() ? base::Instant::never() : decision.wakeUp);
}

void DispatcherImpl::act(Function& function, const Decision& decision, const AloneDecision& alone,
                         const std::vector<pods::Pod*>& pods) {
  for (const std::size_t pod : alone.pods) sendAlone(function, *pods[pod]);
  for (const Dispatch& dispatch : decision.batches) send(function, *pods[dispatch.pod], dispatch.calls);
  for (const std::size_t pod : alone.spare) {
    const bool taken = std::ranges::find(decision.batches, pod, &Dispatch::pod) != decision.batches.end();
    if (!taken) sendAlone(function, *pods[pod]);
  }
}

void DispatcherImpl::send(Function& function, pods::Pod& pod, std::uint32_t calls) {
  while (calls > 0 && !function.queue.empty() && pods::isReady(pod.state)) {
    const std::vector<Record*> records = take(function, calls);
    calls -= static_cast<std::uint32_t>(records.size());
    sendBatch(function, pod, records, false);
  }
}

void DispatcherImpl::sendAlone(Function& function, pods::Pod& pod) {
  if (function.alone.empty() || !pods::isReady(pod.state)) return;
  Record* record = function.alone.front();
  function.alone.pop_front();
  sendBatch(function, pod, {record}, true);
}

// Takes calls from the head of the queue: one at least, and no more than fit into one request.
std::vector<Record*> DispatcherImpl::take(Function& function, std::uint32_t calls) {
  std::vector<Record*> taken;
  std::size_t bytes = 0;
  while (taken.size() < calls && !function.queue.empty()) {
    Record* record = function.queue.front();
    bytes += record->call.input.size() + kLineBytes;
    if (!taken.empty() && bytes > options_.maxBatchBytes) break;
    taken.push_back(record);
    function.queue.pop_front();
    function.came.pop_front();
  }
  return taken;
}

void DispatcherImpl::sendBatch(Function& function, pods::Pod& pod, const std::vector<Record*>& records,
                               bool alone) {
  auto made = std::make_unique<Batch>(static_cast<BatchOwner&>(*this), pod, base::newName("b"));
  Batch& batch = *made;
  batch.alone = alone;
  batches_.emplace(&batch, std::move(made));
  std::string lines = load(function, batch, records);
  base::Instant end = loop_.now();
  for (const Record* record : records) end = std::max(end, record->due());
  const calls::Where where{
      .node = options_.node, .pod = pod.name, .batch = batch.name, .batchSize = batch.size};
  function.metrics->batchSent(batch.size);
  for (const Record* record : records) {
    if (record->observer.onStarted) record->observer.onStarted(where, record->startedAt);
  }
  pod.client->batch(std::move(lines), end + kStreamSlack, batch);  // last: it may end the batch
}

std::string DispatcherImpl::load(Function& function, Batch& batch, const std::vector<Record*>& records) {
  const auto calls = static_cast<std::uint32_t>(records.size());
  std::size_t bytes = 0;
  for (const Record* record : records) bytes += record->call.input.size() + kLineBytes;
  std::string lines;
  lines.reserve(bytes);
  batch.calls.reserve(calls);
  batch.size = calls;
  batch.open = calls;
  pool_.callsBegan(batch.pod, calls, batch.alone);
  const base::Instant now = loop_.now();
  std::optional<base::Duration> slice;
  if (pods::hasTimeSlices(*function.spec)) slice = slice_.slice();
  for (Record* record : records) {
    record->startedAt = now;
    start(function, *record, batch);
    pods::appendCallLine(lines, record->call, timeLeft(record->call, now), slice);
  }
  queued_ -= calls;
  function.running += calls;
  armDeadline();
  return lines;
}

void DispatcherImpl::start(Function& function, Record& record, Batch& batch) {
  const base::Instant now = record.startedAt;
  const WaitingClock::Reading reading = function.clock.read(now);
  record.reading = {.window = reading.window - record.reading.window,
                    .cold = reading.cold - record.reading.cold};
  record.batch = &batch;
  batch.calls.push_back(record.call.id);
  // Calls beyond the slots wait inside the pod for their turn.
  const std::uint32_t rounds = (batch.pod.running + batch.pod.slots - 1) / batch.pod.slots;
  const base::Duration left = timeLeft(record.call, now);
  const base::Instant end = std::min(now + left * rounds, record.call.deadline);
  deadlines_.set(record, end + options_.timeoutGrace);
}

void DispatcherImpl::wakeAt(Function& function, base::Instant when) {
  // A timer that is early enough stays: firing for nothing is cheaper than being moved each turn.
  if (when >= function.wakeTime) return;
  loop_.cancel(function.wakeTimer);
  function.wakeTime = when;
  function.wakeTimer = loop_.at(when, [this, alive = alive_, &function] {
    if (!*alive) return;
    function.wakeTimer = 0;
    function.wakeTime = base::Instant::never();
    touch(function);
  });
}

void DispatcherImpl::tellCancelled() {
  const auto cancels = std::exchange(cancels_, {});
  std::unordered_map<pods::Pod*, std::pair<std::vector<calls::CallId>, base::Duration>> byPod;
  for (const auto& [id, grace] : cancels) {
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.batch == nullptr) continue;
    auto& [ids, longest] = byPod[&found->second.batch->pod];
    ids.push_back(id);
    longest = std::max(longest, grace);
  }
  for (auto& [pod, told] : byPod) {
    if (pod->client) pod->client->cancel(told.first, told.second, loop_.now() + options_.timeoutGrace);
  }
}

void DispatcherImpl::tellEnded() {
  while (!ended_.empty()) {
    for (Ended& call : std::exchange(ended_, {})) {
      Function& function = *call.record.mapped().function;
      finish(std::move(call.record), std::unexpected(std::move(call.error)), nullptr);
      --function.ending;
      if (function.removed) touch(function);
    }
  }
}

}  // namespace faasbatch::batching
