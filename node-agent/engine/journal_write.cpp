// The journal's form of events. Version 1, one JSON object a line; times are nanoseconds since the epoch:
//
//   {"v":1,"at":T,"event":NAME, ...}
//   accepted   id, main, others, function, input, deadline, durable, idempotencyKey; a plan is {namespace,
//   name, digest} ready      step, decision, and what the decision holds started    step, attempt, where
//   ended      step, attempt, output or error, where, startedAt, receipt (eight durations in the order of the
//   struct) timer      timer cancel, recovered
#include <utility>

#include "lib/json/write.h"
#include "node-agent/engine/journal.h"

namespace faasbatch::engine {
namespace {

using json::Object;

void writePlan(std::string& out, const workflow::Plan& plan) {
  Object(out).text("namespace", plan.nameSpace).text("name", plan.name).text("digest", plan.digest).end();
}

void writeOutput(std::string& out, const OutputRef& output) {
  Object object(out);
  if (output.store == OutputRef::Store::kInline) {
    object.raw("json", json::oneLine(output.payload.view()));
  } else {
    object.text("store", output.store == OutputRef::Store::kNode ? "Node" : "Cluster")
        .text("key", output.key);
    object.number("size", output.size);
  }
  object.end();
}

void writeWhere(std::string& out, const calls::Where& where) {
  Object(out)
      .text("node", where.node)
      .text("pod", where.pod)
      .text("batch", where.batch)
      .number("batchSize", where.batchSize)
      .end();
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
    std::string& receipt = object_.key("receipt");
    for (const auto part : kReceiptParts) {
      receipt += part == kReceiptParts[0] ? '[' : ',';
      receipt += std::to_string((e.receipt.*part).count());
    }
    receipt += ']';
  }
  void operator()(const TimerFired& e) { object_.text("event", "timer").number("timer", e.timer); }
  void operator()(const CancelAsked&) { object_.text("event", "cancel"); }
  void operator()(const Recovered&) { object_.text("event", "recovered"); }

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
  const auto* ready = std::get_if<StepReady>(&event.what);
  return !ready || !std::holds_alternative<Decision::Call>(ready->decision.what);
}

}  // namespace faasbatch::engine
