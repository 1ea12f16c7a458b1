#include <utility>

#include "lib/base/ids.h"
#include "lib/cluster/home.h"
#include "lib/telemetry/log.h"
#include "node-agent/engine/record.h"
#include "node-agent/runs/outcome.h"
#include "node-agent/runs/runs_impl.h"

namespace faasbatch::runs {

std::unique_ptr<Runs> Runs::make(const Dependencies& dependencies) {
  return std::make_unique<RunsImpl>(dependencies);
}

RunsImpl::RunsImpl(const Dependencies& dependencies)
    : deps_(dependencies),
      mark_(cluster::homeMark(deps_.node)),
      driver_(dependencies,
              [this](const ActiveRunPtr& run, base::Payload output) { onEnded(run, std::move(output)); }),
      activeGauge_(deps_.metrics.gauge("faasbatch_runs_active", "Runs accepted and not ended.")),
      bytesGauge_(
          deps_.metrics.gauge("faasbatch_runs_active_bytes",
                              "Memory that runs hold on to, estimated, when one was accepted or ended.")),
      seconds_(deps_.metrics.histogram("faasbatch_run_seconds", "From acceptance to the end of a run.",
                                       telemetry::latencyBuckets())) {
  if (deps_.peers) {
    shares_.emplace(Shares::Dependencies{deps_.loop, deps_.workflows, driver_, *deps_.peers, deps_.metrics,
                                         [this](const std::string& id) -> ActiveRunPtr {
                                           const auto found = runs_.find(id);
                                           if (found == runs_.end() || !found->second->known())
                                             return nullptr;
                                           return found->second;
                                         }});
  }
  using enum engine::RunStatus;
  for (const auto status : {kSucceeded, kFailed, kCancelled, kTimedOut}) {
    ended_[static_cast<std::size_t>(status)] = &deps_.metrics.counter(
        "faasbatch_runs_ended_total", "Runs that ended, by status.", {{"status", engine::name(status)}});
  }
}

void RunsImpl::showActive() {
  activeGauge_.set(static_cast<std::int64_t>(running_));
  bytesGauge_.set(static_cast<std::int64_t>(driver_.bytes()));
}

base::Result<engine::Accepted> RunsImpl::admit(const Invocation& invocation) {
  if (draining_)
    return base::fail("Draining", "this agent is shutting down: try again, another one will answer");
  const engine::PlanSetPtr plans = deps_.workflows.planSet(invocation.nameSpace, invocation.workflow);
  if (!plans) {
    return base::fail("WorkflowNotFound", "there is no workflow \"" + invocation.workflow +
                                              "\" in namespace \"" + invocation.nameSpace +
                                              "\": apply it first");
  }
  if (invocation.function && !plans->main->findFunction(*invocation.function)) {
    return base::fail("FunctionNotFound", "workflow \"" + invocation.workflow + "\" has no function \"" +
                                              *invocation.function + "\"");
  }
  if (runs_.size() >= kMaxActiveRuns) {
    return base::fail("QueueFull", "this agent has " + std::to_string(runs_.size()) +
                                       " runs under way, its bound: try again later");
  }
  const std::size_t bytes = driver_.bytes() + invocation.input.size();
  if (bytes > deps_.memory.all) {
    return base::fail("QueueFull", "the runs under way and this input of " +
                                       std::to_string(invocation.input.size()) + " bytes take " +
                                       std::to_string(bytes) + " bytes, and this agent bounds them by " +
                                       std::to_string(deps_.memory.all) + ": try again later");
  }
  const base::Instant now = deps_.loop.now();
  engine::Accepted accepted;
  accepted.id = base::newInvocationId(now, mark_);
  accepted.plans = plans;
  accepted.function = invocation.function;
  accepted.input = {engine::OutputRef::Store::kInline, invocation.input, "", invocation.input.size()};
  accepted.deadline = now + plans->main->timeout;
  accepted.durable = invocation.async;
  accepted.idempotencyKey = invocation.idempotencyKey;
  if (shares_ && !invocation.function) accepted.share = shares_->share(*plans);
  return accepted;
}

void RunsImpl::invoke(Invocation invocation, InvokeCallbacks callbacks) {
  if (!invocation.idempotencyKey.empty()) return invokeWithKey(std::move(invocation), std::move(callbacks));
  std::vector<InvokeCallbacks> one;
  one.push_back(std::move(callbacks));
  start(invocation, "", std::move(one));
}

void RunsImpl::start(const Invocation& invocation, std::string inputDigest,
                     std::vector<InvokeCallbacks> callbacks) {
  base::Result<engine::Accepted> accepted = admit(invocation);
  if (!accepted) {
    if (!invocation.idempotencyKey.empty()) keys_.erase(KeyTable::name(invocation));
    for (InvokeCallbacks& caller : callbacks) caller.onAccepted(std::unexpected(accepted.error()));
    return;
  }
  auto run = std::make_shared<ActiveRun>();
  run->async = invocation.async;
  run->head = {accepted->id,
               invocation.nameSpace,
               invocation.workflow,
               invocation.function.value_or(""),
               invocation.idempotencyKey,
               std::move(inputDigest),
               deps_.loop.now()};
  runs_.emplace(accepted->id, run);
  ++running_;
  measures_.began(run->head.nameSpace, run->head.workflow);
  driver_.expect(*run, invocation.input.size());
  if (accepted->share) shares_->add(run);
  showActive();
  if (run->async && deps_.journal.durable()) {
    const engine::Event event{deps_.loop.now(), std::move(*accepted)};
    run->unwritten.push_back(engine::toJournal(event));
    run->inbox.push_back(event);
    return startDurably(run, std::move(callbacks));
  }
  nameKeyOwner(*run, callbacks);
  for (InvokeCallbacks& caller : callbacks) attach(run, std::move(caller));
  driver_.deliver(run, std::move(*accepted));
}

// The run begins when its acceptance is on disk; refused there, it never was. Others with its key wait for
// that too: none of them is told 202 before.
void RunsImpl::startDurably(const ActiveRunPtr& run, std::vector<InvokeCallbacks> callbacks) {
  driver_.flush(*run, [this, run, callbacks = std::move(callbacks)](base::Result<void> written) mutable {
    nameKeyOwner(*run, callbacks);
    if (!written) {
      --running_;
      measures_.dropped(run->head.nameSpace, run->head.workflow);
      forget(run->head.id);
      for (InvokeCallbacks& caller : callbacks) caller.onAccepted(std::unexpected(written.error()));
      return;
    }
    for (InvokeCallbacks& caller : callbacks) attach(run, std::move(caller));
    driver_.begin(run);
  });
}

void RunsImpl::attach(const ActiveRunPtr& run, InvokeCallbacks callbacks) {
  callbacks.onAccepted(run->head.id);
  if (!callbacks.onEnded) return;
  if (run->outcome) return callbacks.onEnded(*run->outcome);
  run->onEnded.push_back(std::move(callbacks.onEnded));
}

void RunsImpl::onEnded(const ActiveRunPtr& run, base::Payload output) {
  run->outcome = outcomeOf(run->run, std::move(output));
  --running_;
  measures_.ended(run->head.nameSpace, run->head.workflow, deps_.loop.now(),
                  run->run.finishedAt() - run->run.createdAt(), engine::measured(run->run));
  showActive();
  // What others still run for it is to end now.
  if (run->sharing && run->outcome->status != engine::RunStatus::kSucceeded) shares_->finish(*run);
  for (auto& ended : std::exchange(run->onEnded, {})) ended(*run->outcome);
  for (const auto& waiter : std::exchange(run->waiters, {})) {
    deps_.loop.cancel(waiter->timer);
    waiter->done(true);
  }
  ended_[static_cast<std::size_t>(run->run.status())]->add();
  seconds_.observe(base::toMillis(run->run.finishedAt() - run->run.createdAt()) / 1000);
  keep(run);
  finishDrain();
}

// Hands the record to the journal, where queries see it from now on. Where somebody is told that the end is
// on disk, or must find it there whatever happens, the run stays until it is.
void RunsImpl::keep(const ActiveRunPtr& run) {
  const std::string id = run->head.id;
  const bool waitedFor =
      run->async || run->sharing || !run->head.idempotencyKey.empty() || !run->onKept.empty();
  if (!waitedFor) {
    deps_.journal.finish(finishedRun(*run));
    return forget(id);
  }
  deps_.journal.finish(finishedRun(*run), [this, run, id](const base::Result<void>& kept) {
    if (!kept)
      telemetry::error("the record of a run could not be kept",
                       {{"run", id}, {"reason", kept.error().message}});
    if (run->sharing && run->outcome->status == engine::RunStatus::kSucceeded) shares_->finish(*run);
    forget(id);
    for (auto& told : std::exchange(run->onKept, {})) told();
  });
}

void RunsImpl::forget(const std::string& id) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  if (!found->second->head.idempotencyKey.empty()) keys_.erase(KeyTable::name(found->second->head));
  driver_.forget(*found->second);
  showActive();
  runs_.erase(found);
}

ActiveRunPtr RunsImpl::find(const std::string& nameSpace, const std::string& id) const {
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second->head.nameSpace != nameSpace) return nullptr;
  return found->second->known() ? found->second : nullptr;
}

void RunsImpl::cancel(const std::string& nameSpace, const std::string& id,
                      std::move_only_function<void(bool)> done) {
  const ActiveRunPtr run = find(nameSpace, id);
  if (!run || run->run.ended()) return done(false);
  run->onKept.emplace_back([done = std::move(done)]() mutable { done(true); });
  driver_.deliver(run, engine::CancelAsked{});
}

void RunsImpl::drain(base::Instant deadline, std::move_only_function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  if (shares_) shares_->drain();
  deps_.loop.at(deadline, [this] {
    if (drained_) std::exchange(drained_, nullptr)();
  });
  finishDrain();
}

void RunsImpl::finishDrain() {
  if (!draining_ || running_ > 0 || !drained_) return;
  if (!shares_ || !shares_->busy()) return deps_.loop.post(std::exchange(drained_, nullptr));
  deps_.loop.after(kShareTick,
                   [this] { finishDrain(); });  // homes of others wait for the calls of their parts
}

}  // namespace faasbatch::runs
