#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "node-agent/engine/journal.h"

namespace faasbatch::engine {
namespace {

// The members of one JSON object; remembers the first that is missing or of another type.
class Fields {
 public:
  explicit Fields(std::string_view text) {
    auto members = json::members(text);
    if (!members) {
      fail("an object");
    } else {
      members_ = std::move(*members);
    }
  }

  std::optional<std::string_view> raw(std::string_view key) const { return json::find(members_, key); }
  bool has(std::string_view key) const { return raw(key).has_value(); }
  const std::vector<json::Member>& all() const { return members_; }

  std::string text(std::string_view key) {
    const auto found = raw(key);
    auto value = found ? json::asString(*found) : std::nullopt;
    if (!value) fail(key);
    return value.value_or("");
  }
  std::int64_t number(std::string_view key) {
    const auto found = raw(key);
    const auto value = found ? json::asInt(*found) : std::nullopt;
    if (!value) fail(key);
    return value.value_or(0);
  }
  std::uint32_t small(std::string_view key) {
    const std::int64_t value = number(key);
    if (value < 0 || value > UINT32_MAX) fail(key);
    return static_cast<std::uint32_t>(value);
  }
  bool flag(std::string_view key) {
    const auto found = raw(key);
    const auto value = found ? json::asBool(*found) : std::nullopt;
    if (!value) fail(key);
    return value.value_or(false);
  }
  Fields object(std::string_view key) {
    const auto found = raw(key);
    Fields inner(found.value_or("{}"));
    if (!found || !inner.error_.empty()) fail(key);
    return inner;
  }

  void fail(std::string_view what) {
    if (error_.empty()) error_ = what;
  }
  void take(const Fields& inner) {
    if (!inner.error_.empty()) fail(inner.error_);
  }
  const std::string& error() const { return error_; }

 private:
  std::vector<json::Member> members_;
  std::string error_;
};

base::Payload readJson(Fields& fields) {
  const auto text = fields.raw("json");
  if (!text || !json::check(*text)) {
    fields.fail("json");
    return {};
  }
  return base::Payload(std::string(*text));
}

OutputRef readOutput(Fields fields, Fields& outer) {
  OutputRef output;
  if (fields.has("json")) {
    output.payload = readJson(fields);
    output.size = output.payload.size();
  } else {
    const std::string store = fields.text("store");
    output.store = store == "Cluster" ? OutputRef::Store::kCluster : OutputRef::Store::kNode;
    if (store != "Cluster" && store != "Node") fields.fail("store");
    output.key = fields.text("key");
    output.size = static_cast<std::uint64_t>(fields.number("size"));
  }
  outer.take(fields);
  return output;
}

calls::Where readWhere(Fields fields, Fields& outer) {
  calls::Where where{fields.text("node"), fields.text("pod"), fields.text("batch"),
                     fields.small("batchSize")};
  outer.take(fields);
  return where;
}

calls::Receipt readReceipt(Fields& fields) {
  calls::Receipt receipt;
  const auto elements = json::elements(fields.raw("receipt").value_or(""));
  if (!elements || elements->size() != kReceiptParts.size()) {
    fields.fail("receipt");
    return receipt;
  }
  for (std::size_t i = 0; i < kReceiptParts.size(); ++i) {
    const auto ns = json::asInt((*elements)[i]);
    if (!ns) fields.fail("receipt");
    receipt.*kReceiptParts[i] = base::Duration(ns.value_or(0));
  }
  return receipt;
}

Decision readDecision(Fields& fields) {
  const std::string kind = fields.text("decision");
  if (kind == "skip") return {Decision::Skip{}};
  if (kind == "call") return {Decision::Call{}};
  if (kind == "enter") return {Decision::Enter{}};
  if (kind == "items") return {Decision::Items{fields.small("count")}};
  if (kind == "arm")
    return {Decision::Arm{fields.has("arm") ? std::optional(fields.small("arm")) : std::nullopt}};
  if (kind == "wait") return {Decision::WaitUntil{{fields.number("until")}}};
  if (kind == "fail") return {Decision::Fail{fields.text("type"), fields.text("message")}};
  if (kind == "until") return {Decision::Until{fields.flag("done")}};
  if (kind == "output") return {Decision::Output{readJson(fields)}};
  if (kind == "error") return {Decision::Error{fields.text("type"), fields.text("message")}};
  fields.fail("decision");
  return {};
}

AttemptEnded readEnded(Fields& fields) {
  AttemptEnded event{.step = fields.small("step"), .attempt = fields.small("attempt")};
  if (fields.has("output")) {
    event.outcome = readOutput(fields.object("output"), fields);
  } else {
    Fields error = fields.object("error");
    event.outcome = std::unexpected(calls::CallError{error.text("type"), error.text("message"),
                                                     error.text("traceback"), error.flag("blameless")});
    fields.take(error);
  }
  event.where = readWhere(fields.object("where"), fields);
  event.startedAt = {fields.number("startedAt")};
  event.receipt = readReceipt(fields);
  return event;
}

base::Result<workflow::PlanPtr> readPlan(Fields fields, Fields& outer, const PlanFinder& plans) {
  const std::string nameSpace = fields.text("namespace");
  const std::string name = fields.text("name");
  const std::string digest = fields.text("digest");
  outer.take(fields);
  if (!outer.error().empty()) return nullptr;  // said by whoever asked
  auto plan = plans(nameSpace, name, digest);
  if (plan) return plan;
  return base::fail("WorkflowNotFound", "the journal names workflow \"" + nameSpace + "/" + name +
                                            "\" with digest " + digest +
                                            ", which is not kept; apply that version again");
}

base::Result<Accepted> readAccepted(Fields& fields, const PlanFinder& plans) {
  Accepted event{.id = fields.text("id")};
  auto set = std::make_shared<PlanSet>();
  auto main = readPlan(fields.object("main"), fields, plans);
  if (!main) return std::unexpected(std::move(main.error()));
  set->main = std::move(*main);
  const Fields others = fields.object("others");
  for (const json::Member& other : others.all()) {
    auto plan = readPlan(Fields(other.value), fields, plans);
    if (!plan) return std::unexpected(std::move(plan.error()));
    set->others[other.key] = std::move(*plan);
  }
  event.plans = std::move(set);
  if (fields.has("function")) event.function = fields.text("function");
  event.input = readOutput(fields.object("input"), fields);
  event.deadline = {fields.number("deadline")};
  event.durable = fields.flag("durable");
  if (fields.has("idempotencyKey")) event.idempotencyKey = fields.text("idempotencyKey");
  return event;
}

}  // namespace

base::Result<Event> fromJournal(std::string_view line, const PlanFinder& plans) {
  Fields fields(line);
  const std::int64_t version = fields.number("v");
  if (fields.error().empty() && version != kJournalVersion) {
    return base::fail("InvalidJournal",
                      "version " + std::to_string(version) + " of the journal is not known");
  }
  Event event{.at = {fields.number("at")}, .what = Recovered{}};
  const std::string kind = fields.text("event");
  if (kind == "accepted") {
    auto accepted = readAccepted(fields, plans);
    if (!accepted) return std::unexpected(std::move(accepted.error()));
    event.what = std::move(*accepted);
  } else if (kind == "ready") {
    StepReady ready{fields.small("step"), readDecision(fields)};
    if (fields.has("round")) ready.decision.round = fields.small("round");
    event.what = std::move(ready);
  } else if (kind == "started") {
    event.what = AttemptStarted{fields.small("step"), fields.small("attempt"),
                                readWhere(fields.object("where"), fields)};
  } else if (kind == "ended") {
    event.what = readEnded(fields);
  } else if (kind == "timer") {
    event.what = TimerFired{fields.small("timer")};
  } else if (kind == "cancel") {
    event.what = CancelAsked{};
  } else if (kind != "recovered") {
    fields.fail("event");
  }
  if (fields.error().empty()) return event;
  return base::fail("InvalidJournal", "the journal's line has no valid \"" + fields.error() + "\"");
}

}  // namespace faasbatch::engine
