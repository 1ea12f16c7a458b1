// The journal's form of events. Version 1, one JSON object a line; times are nanoseconds since the epoch:
//
//   {"v":1,"at":T,"event":NAME, ...}
//   accepted   id, main, others, function, input, deadline, durable, idempotencyKey, agents, owners
//              (a plan is {namespace, name, digest})
//   ready      step, decision, and what the decision holds
//   started    step, attempt, where
//   ended      step, attempt, output or error, where, startedAt, receipt (eight durations in the order of the
//              struct)
//   timer      timer, waits
//   explained  step, attempt, why
//   cancel, recovered
//   tooLarge   message
//   remote     from, and the end of a step as values_json.h writes it
//   progress   from, position, epoch, attempts
//   lost       agent, why, heirs ([[position, agent], ...])
//   handedBack agent, heirs
#include <utility>

#include "lib/json/write.h"
#include "node-agent/engine/journal.h"
#include "node-agent/engine/values_json.h"

namespace faasbatch::engine {
namespace {

using json::Object;

void writePlan(std::string& out, const workflow::Plan& plan) {
  Object(out).text("namespace", plan.nameSpace).text("name", plan.name).text("digest", plan.digest).end();
}

void writeOwnership(Object& object, const Ownership& ownership) {
  json::appendTexts(object.key("agents"), ownership.agents);
  json::appendNumbers(object.key("owners"), ownership.owners);
}

class Writer {
 public:
  explicit Writer(Object& object) : object_(object) {}

  void operator()(const Accepted& e) {
    object_.text("event", "accepted").text("id", e.id);
    writePlan(object_.key("main"), *e.plans->main);
    Object others(object_.key("others"));
    for (const auto& [name, plan] : e.plans->others) writePlan(others.key(name), *plan);
    others.end();
    if (e.function) object_.text("function", *e.function);
    writeOutput(object_.key("input"), e.input);
    object_.number("deadline", e.deadline.ns).boolean("durable", e.durable);
    if (!e.idempotencyKey.empty()) object_.text("idempotencyKey", e.idempotencyKey);
    if (e.share) writeOwnership(object_, *e.share->ownership);
  }
  void operator()(const StepReady& e) {
    object_.text("event", "ready").number("step", e.step);
    if (e.decision.round != Decision::kAnyRound) object_.number("round", e.decision.round);
    std::visit(*this, e.decision.what);
  }
  void operator()(const AttemptStarted& e) {
    object_.text("event", "started").number("step", e.step).number("attempt", e.attempt);
    writeWhere(object_.key("where"), e.where);
  }
  void operator()(const AttemptEnded& e) {
    object_.text("event", "ended").number("step", e.step).number("attempt", e.attempt);
    if (e.outcome) {
      writeOutput(object_.key("output"), *e.outcome);
    } else {
      Object(object_.key("error"))
          .text("type", e.outcome.error().type)
          .text("message", e.outcome.error().message)
          .text("traceback", e.outcome.error().traceback)
          .boolean("blameless", e.outcome.error().blameless)
          .end();
    }
    writeWhere(object_.key("where"), e.where);
    object_.number("startedAt", e.startedAt.ns);
    writeReceipt(object_.key("receipt"), e.receipt);
  }
  void operator()(const TimerFired& e) {
    object_.text("event", "timer").number("timer", e.timer);
    if (!e.waits.empty()) object_.text("waits", e.waits);
  }
  void operator()(const AttemptExplained& e) {
    object_.text("event", "explained").number("step", e.step).number("attempt", e.attempt).text("why", e.why);
  }
  void operator()(const CancelAsked&) { object_.text("event", "cancel"); }
  void operator()(const GrewTooLarge& e) { object_.text("event", "tooLarge").text("message", e.message); }
  void operator()(const Recovered&) { object_.text("event", "recovered"); }
  void operator()(const RemoteEnded& e) {
    object_.text("event", "remote").text("from", e.from);
    writeEnd(object_, *e.end);
  }
  void operator()(const RemoteProgress& e) {
    object_.text("event", "progress").text("from", e.from).number("position", e.position);
    object_.number("epoch", e.epoch).number("attempts", e.attempts);
  }
  void operator()(const OwnerLost& e) {
    object_.text("event", "lost").text("agent", e.agent).text("why", e.why);
    writeHeirs(e.heirs);
  }
  void operator()(const HandedBack& e) {
    object_.text("event", "handedBack").text("agent", e.agent);
    writeHeirs(e.heirs);
  }
  void operator()(const ShareChanged&) { object_.text("event", "shareChanged"); }  // parts have no journal
  void operator()(const LetGo&) { object_.text("event", "letGo"); }                // likewise

  void operator()(const Decision::Skip&) { object_.text("decision", "skip"); }
  void operator()(const Decision::Call&) { object_.text("decision", "call"); }
  void operator()(const Decision::Enter&) { object_.text("decision", "enter"); }
  void operator()(const Decision::Items& d) { object_.text("decision", "items").number("count", d.count); }
  void operator()(const Decision::Arm& d) {
    object_.text("decision", "arm");
    if (d.arm) object_.number("arm", *d.arm);
  }
  void operator()(const Decision::WaitUntil& d) { object_.text("decision", "wait").number("until", d.at.ns); }
  void operator()(const Decision::Fail& d) {
    object_.text("decision", "fail").text("type", d.type).text("message", d.message);
  }
  void operator()(const Decision::Until& d) { object_.text("decision", "until").boolean("done", d.done); }
  void operator()(const Decision::Output& d) {
    object_.text("decision", "output").raw("json", json::oneLine(d.value.view()));
  }
  void operator()(const Decision::Error& d) {
    object_.text("decision", "error").text("type", d.type).text("message", d.message);
  }

 private:
  void writeHeirs(const std::vector<std::pair<Position, std::string>>& heirs) {
    json::appendList(object_.key("heirs"), heirs, [](std::string& to, const auto& heir) {
      to += '[' + std::to_string(heir.first) + ',' + json::quoted(heir.second) + ']';
    });
  }

  Object& object_;
};

}  // namespace

std::string toJournal(const Event& event) {
  std::string out;
  Object object(out);
  object.number("v", kJournalVersion).number("at", event.at.ns);
  std::visit(Writer(object), event.what);
  object.end();
  return out;
}

bool journaled(const Event& event) {
  if (std::holds_alternative<AttemptStarted>(event.what))
    return false;  // its end says all, a restart makes it void
  if (std::holds_alternative<ShareChanged>(event.what) || std::holds_alternative<LetGo>(event.what))
    return false;
  // What the record shows is told again by the step's end; numbers used up must not be used twice.
  if (const auto* progress = std::get_if<RemoteProgress>(&event.what)) return progress->attempts > 1;
  const auto* ready = std::get_if<StepReady>(&event.what);
  return !ready || !std::holds_alternative<Decision::Call>(ready->decision.what);
}

}  // namespace faasbatch::engine
