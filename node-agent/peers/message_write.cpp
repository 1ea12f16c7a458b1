#include "node-agent/peers/frame.h"
#include "node-agent/peers/message.h"

namespace faasbatch::peers {
namespace {

using engine::Payloads;
using json::Object;

void writePlan(std::string& out, const PlanName& plan) {
  Object(out).text("namespace", plan.nameSpace).text("name", plan.name).text("digest", plan.digest).end();
}

class Writer {
 public:
  Writer(Object& object, Payloads& payloads) : object_(object), payloads_(payloads) {}

  void operator()(const Begin& m) {
    head("begin", m.run);
    writePlan(object_.key("main"), m.main);
    Object others(object_.key("others"));
    for (const auto& [name, plan] : m.others) writePlan(others.key(name), plan);
    others.end();
    engine::writeOutput(object_.key("input"), m.input, &payloads_);
    object_.number("deadline", m.deadline.ns).number("age", m.age.count());
    const engine::Share& share = m.share;
    json::appendTexts(object_.key("agents"), share.ownership->agents);
    json::appendNumbers(object_.key("owners"), share.ownership->owners);
    object_.number("self", share.ownership->self).number("epoch", share.epoch);
    object_.number("createdAt", share.createdAt.ns);
    json::appendList(object_.key("given"), share.given, [](std::string& to, const engine::Given& given) {
      json::appendNumbers(
          to, std::initializer_list<std::int64_t>{given.position, given.attempts, given.since.ns});
    });
    json::appendList(object_.key("ended"), share.ended, [this](std::string& to, const engine::StepEnd& end) {
      Object one(to);
      engine::writeEnd(one, end, &payloads_);
      one.end();
    });
  }
  void operator()(const Ended& m) {
    head("ended", m.run);
    object_.text("owner", m.owner);
    engine::writeEnd(object_, *m.end, &payloads_);
  }
  void operator()(const Progress& m) {
    head("progress", m.run);
    json::appendList(object_.key("steps"), m.steps, [](std::string& to, const engine::RemoteProgress& step) {
      Object one(to);
      one.number("position", step.position).number("epoch", step.epoch).number("attempts", step.attempts);
      if (step.began) one.number("began", step.began->count());
      engine::writeRecords(one, step.records);
      if (!step.waits.empty()) one.text("waits", step.waits);
      one.end();
    });
    if (m.log.empty()) return;
    object_.number("logOffset", m.logOffset).number("log", payloads_.size());
    payloads_.emplace_back(m.log);
  }
  void operator()(const Finish& m) { head("finish", m.run); }
  void operator()(const Sync& m) { positions("sync", m); }
  void operator()(const Lacking& m) { positions("lacking", m); }
  void operator()(const HandBack& m) { positions("handBack", m); }
  void operator()(const Unknown& m) { head("unknown", m.run); }
  void operator()(const NeedPlans& m) {
    head("needPlans", m.run);
    json::appendList(object_.key("plans"), m.plans, writePlan);
  }
  void operator()(const Plans& m) {
    head("plans", m.run);
    json::appendList(object_.key("missing"), m.missing, writePlan);
    for (const std::string& manifest : m.manifests) payloads_.emplace_back(manifest);
  }
  void operator()(const Alive& m) {
    object_.text("message", "alive");
    json::appendTexts(object_.key("runs"), m.runs);
  }

 private:
  void head(std::string_view kind, const std::string& run) { object_.text("message", kind).text("run", run); }
  void positions(std::string_view kind, const auto& m) {
    head(kind, m.run);
    object_.number("epoch", m.epoch);
    json::appendNumbers(object_.key("positions"), m.positions);
  }

  Object& object_;
  Payloads& payloads_;
};

}  // namespace

void append(std::string& body, const Message& message) {
  if (body.empty()) body = kMessagesMagic;
  appendFrame(body,
              [&](Object& header, Payloads& payloads) { std::visit(Writer(header, payloads), message); });
}

}  // namespace faasbatch::peers
