#include <utility>

#include "node-agent/engine/journal.h"
#include "node-agent/engine/values_json.h"

namespace faasbatch::engine {
namespace {

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

AttemptEnded readAttemptEnded(Fields& fields) {
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

SharePtr readShare(Fields& fields, std::size_t steps) {
  if (!fields.has("owners")) return nullptr;
  auto ownership = std::make_shared<Ownership>();
  const auto agents = json::elements(fields.raw("agents").value_or(""));
  const auto owners = json::elements(fields.raw("owners").value_or(""));
  for (const std::string_view agent : agents.value_or(std::vector<std::string_view>())) {
    ownership->agents.push_back(json::asString(agent).value_or(""));
  }
  for (const std::string_view owner : owners.value_or(std::vector<std::string_view>())) {
    ownership->owners.push_back(static_cast<AgentIndex>(json::asInt(owner).value_or(-1)));
  }
  if (!isValid(*ownership, steps)) fields.fail("owners");
  auto share = std::make_shared<Share>();
  share->ownership = std::move(ownership);
  return share;
}

std::vector<std::pair<Position, std::string>> readHeirs(Fields& fields) {
  std::vector<std::pair<Position, std::string>> out;
  const auto heirs = json::elements(fields.raw("heirs").value_or(""));
  if (!heirs) fields.fail("heirs");
  for (const std::string_view text : heirs.value_or(std::vector<std::string_view>())) {
    const auto pair = json::elements(text);
    const auto position = pair && pair->size() == 2 ? json::asInt((*pair)[0]) : std::nullopt;
    const auto heir = position ? json::asString((*pair)[1]) : std::nullopt;
    if (!heir || *position < 0 || *position > UINT32_MAX) {
      fields.fail("heirs");
      break;
    }
    out.emplace_back(static_cast<Position>(*position), *heir);
  }
  return out;
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
  event.share = readShare(fields, event.plans->main ? event.plans->main->blocks[0].nodes.size() : 0);
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
    event.what = readAttemptEnded(fields);
  } else if (kind == "explained") {
    event.what = AttemptExplained{fields.small("step"), fields.small("attempt"), fields.text("why")};
  } else if (kind == "timer") {
    event.what = TimerFired{fields.small("timer"), fields.has("waits") ? fields.text("waits") : ""};
  } else if (kind == "remote") {
    RemoteEnded ended{.from = fields.text("from"), .end = std::make_shared<StepEnd>(readEnd(fields))};
    event.what = std::move(ended);
  } else if (kind == "progress") {
    event.what = RemoteProgress{.from = fields.text("from"),
                                .position = fields.small("position"),
                                .epoch = fields.small("epoch"),
                                .attempts = fields.small("attempts")};
  } else if (kind == "lost") {
    OwnerLost lost{.agent = fields.text("agent"), .why = fields.text("why"), .heirs = readHeirs(fields)};
    event.what = std::move(lost);
  } else if (kind == "handedBack") {
    HandedBack back{.agent = fields.text("agent"), .heirs = readHeirs(fields)};
    event.what = std::move(back);
  } else if (kind == "cancel") {
    event.what = CancelAsked{};
  } else if (kind == "tooLarge") {
    event.what = GrewTooLarge{fields.text("message")};
  } else if (kind != "recovered") {
    fields.fail("event");
  }
  if (fields.error().empty()) return event;
  return base::fail("InvalidJournal", "the journal's line has no valid \"" + fields.error() + "\"");
}

}  // namespace faasbatch::engine
