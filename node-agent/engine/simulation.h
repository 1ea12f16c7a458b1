// For tests: a shell around a run on a virtual clock, with stores, queues and functions played by the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/workflow/manifest.h"
#include "node-agent/engine/engine.h"
#include "node-agent/engine/state.h"

namespace faasbatch::engine {

using namespace std::chrono_literals;

// How a call goes, as the test wants it.
struct Reply {
  std::expected<std::string, calls::CallError> outcome;
  base::Duration takes = 1ms;
  bool spill = false;           // the result goes to the store
  calls::Receipt receipt = {};  // where all zero: all of `takes` is exec
};
using Behaviour = std::function<Reply(const Dispatch&)>;

inline Reply echo(const Dispatch& call) { return {std::string(call.input.view())}; }
inline Reply failWith(std::string type, std::string message = "no", bool blameless = false) {
  return {std::unexpected(calls::CallError{std::move(type), std::move(message), "", blameless})};
}

// The plan of a workflow whose spec holds `spec` (YAML, without functions); every function named in
// `functions` exists.
inline workflow::PlanPtr planOf(const std::string& spec, const std::vector<std::string>& functions = {"f"},
                                const std::string& name = "w", const std::string& functionFields = "") {
  std::string yaml =
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: " + name + "}\nspec:\n";
  yaml += "  functions:\n";
  for (const auto& function : functions) {
    yaml += "  - {name: ";
    yaml += function;
    yaml += ", runtime: Python, handler: m.h, source: {inline: \"x\"}";
    yaml += functionFields;
    yaml += "}\n";
  }
  yaml += spec;
  auto compiled = workflow::compile(yaml);
  if (compiled) return compiled->plan;
  for (const auto& fault : compiled.error())
    ADD_FAILURE() << fault.path << ": " << fault.message << "\n" << yaml;
  return nullptr;
}

// Virtual time, and what is to happen in it. Several simulations may share one.
class Agenda {
 public:
  void later(base::Duration d, std::function<void()> what) {
    tasks_.emplace(std::pair(clock.now() + std::max(d, base::Duration(0)), ++order_), std::move(what));
  }
  // Lets one thing happen; false when nothing is left.
  bool next() {
    if (tasks_.empty()) return false;
    auto node = tasks_.extract(tasks_.begin());
    if (node.key().first > clock.now()) clock.advance(node.key().first - clock.now());
    node.mapped()();
    return true;
  }
  void advanceTo(base::Instant at) {
    while (!tasks_.empty() && tasks_.begin()->first.first <= at) next();
    if (at > clock.now()) clock.advance(at - clock.now());
  }

  base::FakeClock clock;

 private:
  std::map<std::pair<base::Instant, std::uint64_t>, std::function<void()>> tasks_;
  std::uint64_t order_ = 0;
};

// A store shared by simulations, or of one.
using Shelf = std::map<std::string, base::Payload, std::less<>>;

class Simulation {
  std::shared_ptr<Agenda> agenda_;

 public:
  explicit Simulation(workflow::PlanPtr plan, Behaviour behaviour = echo,
                      std::shared_ptr<Agenda> agenda = std::make_shared<Agenda>())
      : agenda_(std::move(agenda)), clock(agenda_->clock), behaviour_(std::move(behaviour)) {
    auto set = std::make_shared<PlanSet>();
    set->main = std::move(plan);
    plans_ = set;
  }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Simulation& with(const workflow::PlanPtr& other) {
    auto set = std::make_shared<PlanSet>(*plans_);
    set->others[other->name] = other;
    plans_ = set;
    return *this;
  }

  Simulation& start(std::string input = "null", std::optional<std::string> function = std::nullopt) {
    Accepted accepted{.id = "run-1", .plans = plans_, .function = std::move(function)};
    accepted.input.payload = base::Payload(std::move(input));
    accepted.input.size = accepted.input.payload.size();
    accepted.deadline = clock.now() + plans_->main->timeout;
    give(accepted);
    return *this;
  }

  // Runs to the end; gives the output, or "TYPE: message" of the error.
  std::string result() {
    while (next()) {
    }
    if (!run.ended()) return "did not end";
    if (run.status() != RunStatus::kSucceeded) return run.error().type + ": " + run.error().message;
    const OutputRef& output = run.output();
    if (output.store == OutputRef::Store::kInline) return std::string(output.payload.view());
    const Shelf& shelf = output.store == OutputRef::Store::kCluster ? *clusterStore : store;
    return shelf.contains(output.key) ? std::string(shelf.at(output.key).view()) : "lost output";
  }
  std::string resultOf(std::string input) { return start(std::move(input)).result(); }

  bool next() { return agenda_->next(); }
  void advanceTo(base::Instant at) { agenda_->advanceTo(at); }

  void give(decltype(Event::what) what) { give(Event{clock.now(), std::move(what)}); }
  void give(const Event& event) {
    events.push_back(event);
    obey(apply(run, event));
    if (check) check(run);
  }

  void obey(const std::vector<Command>& commands) {
    for (const Command& command : commands) std::visit([this](const auto& c) { obey(c); }, command);
  }

  PlanSetPtr planSet() const { return plans_; }

  std::size_t calls(std::string_view step) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(dispatched, [&](const Dispatch& d) { return d.name == step; }));
  }

  Run run;
  base::FakeClock& clock;
  std::vector<Event> events;
  std::vector<Dispatch> dispatched;
  std::vector<CancelAttempt> cancelled;
  std::vector<std::string> releasedKeys;
  Shelf store;
  std::size_t triggers = 0;
  std::size_t underWay = 0;
  std::size_t mostUnderWay = 0;
  int answers = 0;
  std::function<void(const Run&)> check;
  std::mt19937* chaos = nullptr;  // random delays before evaluations and starts
  std::string node = "local";
  std::string keyPrefix = "k";  // of stored outputs
  Shelf* clusterStore = &store;
  std::function<OutputRef::Store(StepId)> placeOutput;  // default: the node's store
  std::function<void(const Release&)> deferRelease;     // instead of removing
  std::function<void(const Tell&)> onTell;
  std::function<void(const Engage&)> onEngage;
  std::function<void(const HandBack&)> onHandBack;

 private:
  void obey(const Trigger& c) {
    ++triggers;
    later(jitter(), [this, c] {
      Blobs blobs;
      for (const auto& [where, key, size] : c.needs) {
        const Shelf& shelf = where == OutputRef::Store::kCluster ? *clusterStore : store;
        if (shelf.contains(key)) blobs[key] = shelf.at(key);
      }
      give(StepReady{c.step, evaluate(run, c.step, blobs, clock.now())});
    });
  }
  void obey(const Dispatch& c) {
    dispatched.push_back(c);
    mostUnderWay = std::max(mostUnderWay, ++underWay);
    const std::pair attempt(c.step, c.attempt);
    const Reply reply = behaviour_(c);
    const base::Instant begun = clock.now();
    later(jitter(), [this, attempt] {
      if (!stopped_.contains(attempt)) give(AttemptStarted{attempt.first, attempt.second, where()});
    });
    later(reply.takes, [this, attempt, reply, begun] {
      --underWay;
      if (stopped_.contains(attempt)) return;
      give(ended(attempt, reply, begun));
    });
  }
  AttemptEnded ended(std::pair<StepId, std::uint32_t> attempt, const Reply& reply, base::Instant begun) {
    AttemptEnded event{
        .step = attempt.first, .attempt = attempt.second, .where = where(), .startedAt = begun};
    event.receipt = reply.receipt;
    if (event.receipt.total() == 0ns) event.receipt.exec = clock.now() - begun;
    if (!reply.outcome) {
      event.outcome = std::unexpected(reply.outcome.error());
      return event;
    }
    OutputRef output;
    output.size = reply.outcome->size();
    if (reply.spill) {
      output.store = placeOutput ? placeOutput(attempt.first) : OutputRef::Store::kNode;
      output.key = keyPrefix + std::to_string(attempt.first) + "." + std::to_string(attempt.second);
      Shelf& shelf = output.store == OutputRef::Store::kCluster ? *clusterStore : store;
      shelf[output.key] = base::Payload(*reply.outcome);
    } else {
      output.payload = base::Payload(*reply.outcome);
    }
    event.outcome = std::move(output);
    return event;
  }
  void obey(const SetTimer& c) {
    later(c.at - clock.now(), [this, c] { give(TimerFired{c.timer}); });
  }
  void obey(const CancelAttempt& c) {
    cancelled.push_back(c);
    stopped_.insert({c.step, c.attempt});
  }
  void obey(const Release& c) {
    if (deferRelease) return deferRelease(c);
    remove(c);
  }

 public:
  void remove(const Release& c) {
    for (const auto& [where, key, size] : c.keys) {
      releasedKeys.push_back(key);
      (where == OutputRef::Store::kCluster ? *clusterStore : store).erase(key);
    }
  }

 private:
  void obey(const Answer&) { ++answers; }
  void obey(const Tell& c) {
    if (onTell) onTell(c);
  }
  void obey(const Engage& c) {
    if (onEngage) onEngage(c);
  }
  void obey(const HandBack& c) {
    if (onHandBack) onHandBack(c);
  }

  // Nothing happens to a simulation that is gone.
  void later(base::Duration d, std::function<void()> what) {
    agenda_->later(d, [what = std::move(what), alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) what();
    });
  }
  base::Duration jitter() { return chaos ? base::Duration((*chaos)() % 3 * 200'000) : base::Duration(0); }
  calls::Where where() const { return {node, "pod-1", "batch-1", 1}; }

  Behaviour behaviour_;
  PlanSetPtr plans_;
  std::set<std::pair<StepId, std::uint32_t>> stopped_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace faasbatch::engine
