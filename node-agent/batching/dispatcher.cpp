#include "node-agent/batching/dispatcher.h"

#include <algorithm>

#include "node-agent/batching/dispatcher_impl.h"

namespace faasbatch::batching {
namespace {

pods::PoolOptions poolOptions(const Dispatcher::Options& options, sources::Sources* ownSources) {
  return {.maxPods = options.maxPods,
          .podStartTime = options.podStartTime,
          .loadTimes = options.loadTimes,
          .sources = options.sources != nullptr ? options.sources : ownSources,
          .quarantineGrace = options.timeoutGrace,
          .store = {.kind = options.storeKind, .url = options.storeEndpoint},
          .storeToken = options.storeToken,
          .genericPods = options.genericWarmPods,
          .alwaysWarm = options.alwaysWarm,
          .adopts = options.adopts};
}

std::size_t freeSlots(const Function& function) {
  std::size_t free = 0;
  for (const pods::Pod* pod : function.pods) {
    if (pods::isReady(pod->state) && pod->current() && pod->running < pod->slots &&
        !(pod->alone && pod->running > 0))
      free += pod->slots - pod->running;
  }
  return free;
}

}  // namespace

std::unique_ptr<Dispatcher> Dispatcher::make(net::EventLoop& loop, pods::Provider& provider,
                                             telemetry::Registry& metrics, Options options) {
  return std::make_unique<DispatcherImpl>(loop, provider, metrics, std::move(options));
}

DispatcherImpl::DispatcherImpl(net::EventLoop& loop, pods::Provider& provider, telemetry::Registry& metrics,
                               Options options)
    : loop_(loop),
      registry_(metrics),
      options_(std::move(options)),
      ownSources_(options_.sources == nullptr ? sources::makeSources(loop) : nullptr),
      pool_(loop, provider, metrics, poolOptions(options_, ownSources_.get()), *this) {}

DispatcherImpl::~DispatcherImpl() {
  *alive_ = false;
  shuttingDown_ = true;
  loop_.cancel(deadlineTimer_);
  for (const auto& [key, function] : functions_) loop_.cancel(function->wakeTimer);
  const calls::CallError lost{
      .type = "PodLost", .message = "the agent is shutting down", .traceback = {}, .blameless = true};
  std::vector<Ended> ended = std::move(ended_);
  while (!records_.empty()) ended.push_back({records_.extract(records_.begin()), lost});
  for (Ended& call : ended) finish(std::move(call.record), std::unexpected(std::move(call.error)), nullptr);
}

void DispatcherImpl::apply(const calls::FunctionKey& key, workflow::FunctionSpec spec) {
  std::unique_ptr<Function>& slot = functions_[key];
  if (!slot) {
    slot = std::make_unique<Function>();
    slot->key = key;
    slot->metrics = std::make_unique<FunctionMetrics>(registry_, key);
  }
  Function& function = *slot;
  if (function.spec && function.spec->digest != spec.digest) function.history = {};
  function.policy = policyOf(spec.batching.policy);
  function.limits = {.slots = pods::slotsOf(spec),
                     .maxSize = std::max<std::uint32_t>(1, spec.batching.maxSize),
                     .maxPods = std::max<std::uint32_t>(1, spec.pool.maxPods),
                     .window = spec.batching.window};
  function.spec = std::make_shared<const workflow::FunctionSpec>(std::move(spec));
  function.drained = false;
  pool_.apply(function);
  touch(function);
}

void DispatcherImpl::remove(const calls::FunctionKey& key) {
  const auto found = functions_.find(key);
  if (found == functions_.end()) return;
  found->second->removed = true;
  touch(*found->second);  // its pods leave once its queue is empty
}

base::Result<void> DispatcherImpl::submit(const calls::FunctionKey& key, calls::Call call,
                                          CallObserver observer) {
  const auto found = functions_.find(key);
  if (found == functions_.end() || found->second->removed) {
    return base::fail("FunctionNotFound",
                      "no function " + key.describe() + " here; apply its workflow first");
  }
  Function& function = *found->second;
  if (shuttingDown_) return base::fail("NoCapacity", "the agent is shutting down; try again on another");
  if (queued_ >= options_.maxQueuedCalls) {
    function.metrics->refused();
    return base::fail("NoCapacity",
                      "the agent has " + std::to_string(queued_) + " calls waiting; retry after 1 s");
  }
  const std::uint32_t maxQueue = function.spec->batching.maxQueue;
  if (function.waiting() >= maxQueue && function.waiting() >= maxQueue + freeSlots(function)) {
    function.metrics->refused();
    return base::fail("QueueFull", "function " + key.describe() + " has " +
                                       std::to_string(function.waiting()) +
                                       " calls waiting (batching.maxQueue is " + std::to_string(maxQueue) +
                                       "); retry after 1 s");
  }
  const base::Instant now = loop_.now();
  const auto [entry, isNew] = records_.try_emplace(call.id);
  if (!isNew)
    return base::fail("InvalidRequest", "call " + std::to_string(call.id) + " is under way already");
  Record& record = entry->second;
  record.call = std::move(call);
  record.observer = std::move(observer);
  record.function = &function;
  record.submittedAt = now;
  record.reading = function.clock.read(now);
  if (record.call.alone) {
    function.alone.push_back(&record);
  } else {
    function.queue.push_back(&record);
    function.came.push_back(now);
  }
  if (pods::hasTimeSlices(*function.spec)) slice_.arrived(now);
  ++function.callsInWindow;
  ++queued_;
  if (function.failure && now < function.failure->until && function.pods.empty()) {
    endQueued(record, function.failure->error);
    return {};
  }
  deadlines_.set(record, record.call.deadline);
  armDeadline();
  touch(function);
  return {};
}

void DispatcherImpl::cancel(calls::CallId call, base::Duration grace) {
  const auto found = records_.find(call);
  if (found == records_.end() || found->second.cancelled) return;
  Record& record = found->second;
  if (record.batch == nullptr) {
    endQueued(record, {.type = "Cancelled", .message = "cancelled while it waited for a pod"});
    return;
  }
  record.cancelled = true;
  const base::Instant end = loop_.now() + grace + options_.timeoutGrace;
  if (end < record.due()) deadlines_.set(record, end);
  armDeadline();
  cancels_.emplace_back(call, grace);
  scheduleTurn();
}

std::string DispatcherImpl::waitsFor(calls::CallId call) const {
  const auto found = records_.find(call);
  if (found == records_.end() || found->second.batch != nullptr) return {};
  return pool_.waitsFor(*found->second.function);
}

std::vector<FunctionStatus> DispatcherImpl::status() const {
  std::vector<FunctionStatus> all;
  for (const auto& [key, function] : functions_) {
    if (function->removed) continue;
    FunctionStatus one{.key = key, .queued = function->waiting(), .running = function->running};
    for (const pods::Pod* pod : function->pods) {
      if (pods::isReady(pod->state)) ++one.warmPods;
      if (pods::isComing(pod->state)) ++one.startingPods;
    }
    all.push_back(std::move(one));
  }
  return all;
}

void DispatcherImpl::shutdown(std::move_only_function<void()> done) {
  shuttingDown_ = true;
  const calls::CallError lost{
      .type = "PodLost", .message = "the agent is shutting down", .traceback = {}, .blameless = true};
  for (const auto& [key, function] : functions_) endAllQueued(*function, lost);
  pool_.shutdown(std::move(done));
}

void DispatcherImpl::podsChanged(pods::FunctionPods& function) { touch(static_cast<Function&>(function)); }

void DispatcherImpl::podStarted(pods::FunctionPods& pods, base::Duration took) {
  auto& function = static_cast<Function&>(pods);
  constexpr int kWeight = 4;  // the newest counts a quarter
  function.history.meanStart += (took - function.history.meanStart) / kWeight;
  function.history.lastProgress = loop_.now();
}

void DispatcherImpl::startFailed(pods::FunctionPods& pods) {
  auto& function = static_cast<Function&>(pods);
  endAllQueued(function, function.failure->error);
  touch(function);
}

}  // namespace faasbatch::batching
