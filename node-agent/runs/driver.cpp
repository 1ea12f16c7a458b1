#include "node-agent/runs/driver.h"

#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/engine/share.h"

namespace faasbatch::runs {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

struct Driver::Attempt {
  ActiveRunPtr run;
  engine::Dispatch dispatch;
  calls::FunctionKey key;
  calls::CallId call = 0;
  base::Instant createdAt;
  base::Duration heldBack{0};  // before that, until there was room for its input

  bool wanted() const {
    const auto found = run->calls.find(ActiveRun::attemptKey(dispatch.step, dispatch.attempt));
    return found != run->calls.end() && found->second == call;
  }
};

Driver::Driver(Runs::Dependencies dependencies, Ended ended)
    : deps_(std::move(dependencies)), ended_(std::move(ended)) {}

void Driver::deliver(const ActiveRunPtr& run, decltype(engine::Event::what) what) {
  run->inbox.push_back({deps_.loop.now() + run->ahead(), std::move(what)});
  if (run->sharing) run->sharing->changed = true;
  if (!run->folding && !run->writing) fold(run);
}

// False: the event waits for the disk, and others of the run behind it. What other agents act on must not be
// undone by a restart.
bool Driver::isWritten(const ActiveRunPtr& run, const engine::Event& event) {
  if (run->isPart() || !deps_.journal.durable() || !engine::journaled(event) || run->acceptedOnDisk(event))
    return true;
  const bool wasWaited = std::exchange(run->writing, false);
  if (wasWaited) return true;
  run->unwritten.push_back(engine::toJournal(event));
  if (!std::holds_alternative<engine::OwnerLost>(event.what) &&
      !std::holds_alternative<engine::HandedBack>(event.what)) {
    markDirty(run);
    return true;
  }
  run->writing = true;
  flush(*run, [this, run](const base::Result<void>& written) {
    if (!written) {
      telemetry::error("a change of owners is not on disk; the run goes on",
                       {{"run", run->head.id}, {"reason", written.error().message}});
    }
    fold(run);
    for (auto& task : std::exchange(run->onWritten, {})) whenWritten(run, std::move(task));
  });
  return false;
}

void Driver::whenWritten(const ActiveRunPtr& run, std::move_only_function<void()> task) {
  if (!run->writing) return task();
  run->onWritten.push_back(std::move(task));
}

void Driver::fold(ActiveRunPtr run) {  // NOLINT(performance-unnecessary-value-param): held, not looked at
  run->folding = true;
  do {
    while (!run->inbox.empty() && isWritten(run, run->inbox.front())) {
      const engine::Event event = std::move(run->inbox.front());
      run->inbox.pop_front();
      for (engine::Command& command : engine::apply(run->run, event)) carryOut(run, std::move(command));
      recount(run);
    }
  } while (!run->writing && evaluateNext(run));
  run->folding = false;
}

void Driver::forget(ActiveRun& run) {
  count(run, 0);
  run.forgotten = true;
}

void Driver::count(ActiveRun& run, std::size_t bytes) {
  if (run.forgotten) return;
  if (bytes >= kLargeRun && run.bytes < kLargeRun) large_.emplace(&run, run.weak_from_this());
  if (bytes < kLargeRun && run.bytes >= kLargeRun) large_.erase(&run);
  bytes_ += bytes - run.bytes;
  run.bytes = bytes;
  const std::size_t inputs = bytes == 0 ? 0 : run.run.inputBytes();
  inputBytes_ += inputs - run.inputBytes;
  run.inputBytes = inputs;
}

void Driver::resume(const ActiveRunPtr& run) {
  const bool hadEnded = run->run.ended();
  deliver(run, engine::Recovered{});
  if (run->run.ended() && !hadEnded) return;  // one restart too many: Answer was given
  for (engine::Command& command : engine::pending(run->run)) carryOut(run, std::move(command));
  if (!run->folding && !run->writing) fold(run);
}

void Driver::carryOut(const ActiveRunPtr& run, engine::Command command) {
  std::visit(Overloaded{
                 [&](engine::Trigger& trigger) {
                   const bool call = engine::beginsCall(run->run, trigger.step);
                   run->waiting.add(std::move(trigger), call, deps_.loop.now());
                 },
                 [&](engine::Dispatch& dispatch) { onDispatch(run, std::move(dispatch)); },
                 [&](engine::SetTimer& set) {
                   run->timers[set.timer] =
                       deps_.loop.at(set.at + -run->ahead(), [this, run, timer = set.timer] {
                         run->timers.erase(timer);
                         deliver(run, engine::TimerFired{timer, waitInside(*run, timer)});
                       });
                 },
                 [&](engine::CancelAttempt& cancel) {
                   const auto found = run->calls.find(ActiveRun::attemptKey(cancel.step, cancel.attempt));
                   if (found == run->calls.end()) return;
                   const calls::CallId call = found->second;
                   run->calls.erase(found);
                   deps_.dispatcher.cancel(call, kCancelGrace);
                 },
                 [&](engine::Release& released) { release(released.keys); },
                 [&](engine::Answer&) { onAnswer(run); },
                 [&](const engine::Tell& tell) {
                   if (run->sharing) sharer_->tell(run, tell);
                 },
                 [&](const engine::Engage& engage) {
                   if (run->sharing) sharer_->engage(run, engage);
                 },
                 [&](const engine::HandBack& handBack) {
                   if (run->sharing) sharer_->handBack(run, handBack);
                 },
             },
             command);
}

// Why a timeout came before a call inside it began; empty where all have, or the timer is no timeout.
std::string Driver::waitInside(const ActiveRun& run, engine::TimerKey timer) const {
  const auto waiting = engine::waitingInside(run.run, timer);
  return waiting ? waitOf(run, *waiting) : engine::waitsElsewhere(run.run, timer);
}

std::string Driver::waitsAt(const ActiveRun& part, engine::Position position) const {
  const auto waiting = engine::waitingAt(part.run, position);
  return waiting ? engine::boundedWaits(waitOf(part, *waiting)) : "";
}

std::string Driver::waitOf(const ActiveRun& run, const engine::WaitingCall& waiting) const {
  std::string text = "step \"" + waiting.name + "\" waits for a pod";
  const auto call = run.calls.find(ActiveRun::attemptKey(waiting.step, waiting.attempt));
  const std::string what = call == run.calls.end() ? "" : deps_.dispatcher.waitsFor(call->second);
  return what.empty() ? text : text + ": " + what;
}

void Driver::onDispatch(const ActiveRunPtr& run, engine::Dispatch dispatch) {
  auto attempt = std::make_shared<Attempt>();
  attempt->run = run;
  attempt->key = deps_.workflows.route(dispatch.plan, dispatch.function);
  attempt->call = ++lastCall_;
  attempt->createdAt = deps_.loop.now();
  attempt->dispatch = std::move(dispatch);
  if (const auto held = run->heldBack.extract(attempt->dispatch.step)) attempt->heldBack = held.mapped();
  attempt->dispatch.deadline = attempt->dispatch.deadline + -run->ahead();
  run->calls[ActiveRun::attemptKey(attempt->dispatch.step, attempt->dispatch.attempt)] = attempt->call;
  if (backlog_.holds(attempt->key)) {
    if (!run->dispatched && !run->async) {
      return refuse(attempt,
                    {"QueueFull", "calls of accepted runs wait for a place in the queue of function \"" +
                                      attempt->key.function + "\" already: try again later"});
    }
    return backlog_.add(attempt->key, [this, attempt] { return submit(attempt); });
  }
  if (!submit(attempt)) backlog_.add(attempt->key, [this, attempt] { return submit(attempt); });
}

// True when the call needs no further try: it was taken, refused for good, or is no longer wanted.
bool Driver::submit(const std::shared_ptr<Attempt>& attempt) {
  if (!attempt->wanted()) return true;
  const ActiveRunPtr& run = attempt->run;
  const engine::Dispatch& dispatch = attempt->dispatch;
  const workflow::FunctionSpec& spec = dispatch.plan->functions[dispatch.function];
  calls::Call call{attempt->call,  run->head.id,      dispatch.name, dispatch.index,   dispatch.attempt,
                   dispatch.input, dispatch.deadline, spec.timeout,  dispatch.isolate, dispatch.alone};
  batching::CallObserver observer;
  observer.onStarted = [this, alive = std::weak_ptr(alive_), attempt](const calls::Where& where,
                                                                      base::Instant) {
    if (alive.expired()) return;
    pumpSoon();
    if (!attempt->wanted()) return;
    deliver(attempt->run, engine::AttemptStarted{attempt->dispatch.step, attempt->dispatch.attempt, where});
  };
  observer.onLog = [attempt](const calls::LogLine& line) {
    attempt->run->log.add(attempt->dispatch.name, attempt->dispatch.index, attempt->dispatch.attempt, line);
    if (attempt->run->sharing) attempt->run->sharing->changed = true;
  };
  observer.onDone = [this, alive = std::weak_ptr(alive_), attempt](calls::CallResult result) {
    if (!alive.expired()) attemptEnded(attempt, std::move(result));
  };
  base::Result<void> taken = deps_.dispatcher.submit(attempt->key, std::move(call), std::move(observer));
  if (taken) {
    run->dispatched = true;
    return true;
  }
  const bool full = taken.error().kind == "QueueFull" || taken.error().kind == "NoCapacity";
  if (full && (run->dispatched || run->async)) return false;  // it has begun: its calls wait
  refuse(attempt, taken.error());
  return true;
}

// The call ends where it would have begun.
void Driver::refuse(const std::shared_ptr<Attempt>& attempt, const base::Error& why) {
  const base::Instant now = deps_.loop.now();
  calls::CallResult refused;
  refused.outcome = std::unexpected(calls::CallError{why.kind, why.message, "", false});
  refused.where.node = deps_.node;
  refused.startedAt = refused.finishedAt = now;
  refused.receipt.queue = now - attempt->createdAt;
  attemptEnded(attempt, std::move(refused));
}

// A queue may have a place for what waits.
void Driver::pumpSoon() {
  if (backlog_.empty() || pumping_) return;
  pumping_ = true;
  deps_.loop.atEndOfTurn([this] {
    pumping_ = false;
    backlog_.pump();
  });
}

void Driver::attemptEnded(const std::shared_ptr<Attempt>& attempt, calls::CallResult result) {
  pumpSoon();
  if (!attempt->wanted()) return;
  if (result.outcome) {
    const auto where = placeOutput(*attempt->run, attempt->dispatch.step, result.outcome->size());
    if (where != engine::OutputRef::Store::kInline) return spill(attempt, std::move(result), where);
  }
  if (!result.outcome && result.outcome.error().unexplained) return explain(attempt, std::move(result));
  if (!result.outcome) return settle(*attempt, result, std::unexpected(result.outcome.error()));
  const std::uint64_t size = result.outcome->size();
  settle(*attempt, result, engine::OutputRef{engine::OutputRef::Store::kInline, *result.outcome, "", size});
}

// Why its pod ended is known a moment later: the last attempt waits for that, any other's record gets it.
void Driver::explain(const std::shared_ptr<Attempt>& attempt, calls::CallResult result) {
  const ActiveRunPtr run = attempt->run;
  const engine::Dispatch& dispatch = attempt->dispatch;
  const std::string pod = result.where.pod;
  const calls::CallError error = result.outcome.error();
  if (engine::triesAgain(run->run, dispatch.step, error)) {
    settle(*attempt, result, std::unexpected(error));
    return deps_.dispatcher.whyEnded(pod, [this, alive = std::weak_ptr(alive_), run, step = dispatch.step,
                                           number = dispatch.attempt](std::string why) {
      if (alive.expired() || why.empty() || run->run.ended()) return;
      deliver(run, engine::AttemptExplained{step, number, std::move(why)});
    });
  }
  deps_.dispatcher.whyEnded(pod, [this, alive = std::weak_ptr(alive_), attempt, error,
                                  result = std::move(result)](const std::string& why) {
    if (alive.expired() || !attempt->wanted()) return;
    calls::CallError explained = error;
    if (!why.empty()) explained.message += ": " + why;
    settle(*attempt, result, std::unexpected(std::move(explained)));
  });
}

engine::OutputRef::Store Driver::placeOutput(const ActiveRun& run, engine::StepId step,
                                             std::size_t bytes) const {
  const auto root = run.sharing ? engine::feeds(run.run, step) : std::nullopt;
  const bool stays = root && engine::usedHereOnly(run.run, *root) && !(run.isPart() && sharer_->leaving());
  if (root && !stays) return placeFar(bytes, deps_.stores);
  return place(bytes, deps_.stores, deps_.storesForget && !run.isPart());
}

void Driver::settle(const Attempt& attempt, const calls::CallResult& result,
                    std::expected<engine::OutputRef, calls::CallError> outcome) {
  const ActiveRunPtr run = attempt.run;
  run->calls.erase(ActiveRun::attemptKey(attempt.dispatch.step, attempt.dispatch.attempt));
  calls::Receipt receipt = result.receipt;
  receipt.queue += attempt.heldBack;
  deliver(run, engine::AttemptEnded{attempt.dispatch.step, attempt.dispatch.attempt, std::move(outcome),
                                    result.where, result.startedAt + run->ahead(), receipt});
}

void Driver::spill(const std::shared_ptr<Attempt>& attempt, calls::CallResult result,
                   engine::OutputRef::Store where) {
  const engine::Dispatch& dispatch = attempt->dispatch;
  const std::string part = attempt->run->isPart() ? sharer_->partName() : "";
  std::string key = spillKey(attempt->run->head.id, part, dispatch.step, dispatch.attempt);
  const base::Instant now = deps_.loop.now();
  const base::Instant deadline = std::min(now + kStoreTime, dispatch.deadline);
  stores::Value value{std::string(result.outcome->view()), "json"};
  deps_.stores.of(where)->put(
      key, std::move(value), kSpillTtl, deadline,
      [this, alive = std::weak_ptr(alive_), attempt, where, key, now,
       result = std::move(result)](base::Result<void> kept) mutable {
        if (alive.expired()) return;
        if (!attempt->wanted()) return release({{where, key}});
        result.receipt.store += deps_.loop.now() - now;
        if (kept) return settle(*attempt, result, engine::OutputRef{where, {}, key, result.outcome->size()});
        settle(*attempt, result,
               std::unexpected(calls::CallError{"StoreUnavailable", kept.error().message, "", false}));
      });
}

void Driver::markDirty(const ActiveRunPtr& run) {
  if (run->dirty) return;
  run->dirty = true;
  dirty_.push_back(run);
  if (!flushTimer_) flushTimer_ = deps_.loop.after(kWriteBehind, [this] { flushAll(); });
}

void Driver::flushAll() {
  flushTimer_ = 0;
  for (const ActiveRunPtr& run : std::exchange(dirty_, {})) {
    if (!run->outcome) flush(*run, nullptr);
  }
}

void Driver::flush(ActiveRun& run, journal::Done done) {
  run.dirty = false;
  std::vector<std::string> lines = std::exchange(run.unwritten, {});
  if (run.begun) {
    if (!lines.empty()) deps_.journal.append(run.head.id, std::move(lines), std::move(done));
    return;
  }
  run.begun = true;
  deps_.journal.begin(run.head, std::move(lines), std::move(done));
}

}  // namespace faasbatch::runs
