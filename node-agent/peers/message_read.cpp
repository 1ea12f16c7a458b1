#include <utility>

#include "node-agent/peers/frame.h"
#include "node-agent/peers/message.h"

namespace faasbatch::peers {
namespace {

using engine::Fields;
using engine::Payloads;

using Slices = std::vector<std::string_view>;

// The elements of a list; what is missing or no list is told to `fields`.
Slices elements(Fields& fields, std::string_view key) {
  auto found = json::elements(fields.raw(key).value_or(""));
  if (!found) fields.fail(key);
  return found.value_or(Slices());
}

template <class Number>
std::vector<Number> numbers(Fields& fields, std::string_view key) {
  std::vector<Number> out;
  for (const std::string_view element : elements(fields, key)) {
    const auto value = json::asInt(element);
    if (!value || *value < 0 || !std::in_range<Number>(*value)) fields.fail(key);
    out.push_back(static_cast<Number>(value.value_or(0)));
  }
  return out;
}

std::vector<std::string> texts(Fields& fields, std::string_view key) {
  std::vector<std::string> out;
  for (const std::string_view element : elements(fields, key)) {
    auto text = json::asString(element);
    if (!text) fields.fail(key);
    out.push_back(std::move(text).value_or(""));
  }
  return out;
}

PlanName readPlan(Fields plan, Fields& outer) {
  PlanName name{plan.text("namespace"), plan.text("name"), plan.text("digest")};
  outer.take(plan);
  return name;
}

std::vector<PlanName> plans(Fields& fields, std::string_view key) {
  std::vector<PlanName> out;
  for (const std::string_view element : elements(fields, key))
    out.push_back(readPlan(Fields(element), fields));
  return out;
}

base::Duration duration(Fields& fields, std::string_view key) { return base::Duration(fields.number(key)); }

engine::Given readGiven(std::string_view text, Fields& outer) {
  const auto parts = json::elements(text);
  engine::Given given;
  if (!parts || parts->size() != 3) {
    outer.fail("given");
    return given;
  }
  const auto position = json::asInt((*parts)[0]);
  const auto attempts = json::asInt((*parts)[1]);
  const auto since = json::asInt((*parts)[2]);
  if (!position || !attempts || !since || !std::in_range<std::uint32_t>(*position) ||
      !std::in_range<std::uint32_t>(*attempts)) {
    outer.fail("given");
    return given;
  }
  return {static_cast<std::uint32_t>(*position), static_cast<std::uint32_t>(*attempts), {*since}};
}

engine::Share readShare(Fields& fields, const Payloads& payloads) {
  engine::Share share;
  auto ownership = std::make_shared<engine::Ownership>();
  ownership->agents = texts(fields, "agents");
  ownership->owners = numbers<engine::AgentIndex>(fields, "owners");
  ownership->self = fields.small("self");
  if (!isValid(*ownership, ownership->owners.size()) || ownership->isHome()) fields.fail("owners");
  share.ownership = std::move(ownership);
  share.epoch = fields.small("epoch");
  share.createdAt = {fields.number("createdAt")};
  for (const std::string_view given : elements(fields, "given"))
    share.given.push_back(readGiven(given, fields));
  for (const std::string_view text : elements(fields, "ended")) {
    Fields end(text);
    share.ended.push_back(readEnd(end, &payloads));
    fields.take(end);
  }
  return share;
}

Begin readBegin(Fields& fields, const Payloads& payloads) {
  Begin begin{.run = fields.text("run"), .main = readPlan(fields.object("main"), fields)};
  const Fields others = fields.object("others");
  for (const json::Member& other : others.all()) {
    begin.others[other.key] = readPlan(Fields(other.value), fields);
  }
  begin.input = engine::readOutput(fields.object("input"), fields, &payloads);
  begin.deadline = {fields.number("deadline")};
  begin.age = duration(fields, "age");
  begin.share = readShare(fields, payloads);
  return begin;
}

Progress readProgress(Fields& fields, const Payloads& payloads) {
  Progress progress{.run = fields.text("run")};
  for (const std::string_view text : elements(fields, "steps")) {
    Fields step(text);
    engine::RemoteProgress one{.position = step.small("position"), .epoch = step.small("epoch")};
    one.attempts = step.small("attempts");
    if (step.has("began")) one.began = duration(step, "began");
    one.records = readRecords(step);
    if (step.has("waits")) one.waits = step.text("waits");
    fields.take(step);
    progress.steps.push_back(std::move(one));
  }
  if (!fields.has("log")) return progress;
  progress.logOffset = static_cast<std::uint64_t>(fields.number("logOffset"));
  const std::uint32_t place = fields.small("log");
  if (place >= payloads.size()) {
    fields.fail("log");
  } else {
    progress.log = payloads[place].view();
  }
  return progress;
}

Plans readPlans(Fields& fields, const Payloads& payloads) {
  Plans answer{.run = fields.text("run"), .manifests = {}, .missing = plans(fields, "missing")};
  for (const base::Payload& manifest : payloads) answer.manifests.emplace_back(manifest.view());
  return answer;
}

Message readMessage(Frame& frame) {
  Fields& fields = frame.header;
  const std::string kind = fields.text("message");
  if (kind == "begin") return readBegin(fields, frame.payloads);
  if (kind == "ended") {
    return Ended{.run = fields.text("run"),
                 .owner = fields.text("owner"),
                 .end = std::make_shared<engine::StepEnd>(readEnd(fields, &frame.payloads))};
  }
  if (kind == "progress") return readProgress(fields, frame.payloads);
  if (kind == "finish") return Finish{fields.text("run")};
  if (kind == "sync")
    return Sync{fields.text("run"), fields.small("epoch"), numbers<engine::Position>(fields, "positions")};
  if (kind == "lacking")
    return Lacking{fields.text("run"), fields.small("epoch"), numbers<engine::Position>(fields, "positions")};
  if (kind == "unknown") return Unknown{fields.text("run")};
  if (kind == "needPlans") return NeedPlans{fields.text("run"), plans(fields, "plans")};
  if (kind == "plans") return readPlans(fields, frame.payloads);
  if (kind == "handBack")
    return HandBack{fields.text("run"), fields.small("epoch"),
                    numbers<engine::Position>(fields, "positions")};
  if (kind == "alive") return Alive{texts(fields, "runs")};
  fields.fail("message");
  return Finish{};
}

}  // namespace

base::Result<std::vector<Message>> decode(std::string_view body) {
  std::vector<Message> messages;
  if (body.empty()) return messages;
  if (!body.starts_with(kMessagesMagic)) {
    return base::fail("InvalidMessage", "the body does not begin with " + std::string(kMessagesMagic) +
                                            ": the peer speaks another version");
  }
  body.remove_prefix(kMessagesMagic.size());
  while (!body.empty()) {
    auto frame = takeFrame(body, kMaxMessageHeaderBytes, kMaxPayloads);
    if (!frame) return std::unexpected(std::move(frame.error()));
    if (!*frame) return base::fail("InvalidMessage", "the last message of the body is cut");
    if (messages.size() == kMaxMessages) {
      return base::fail("InvalidMessage",
                        "the body has more than " + std::to_string(kMaxMessages) + " messages");
    }
    messages.push_back(readMessage(**frame));
    if (const std::string& wrong = (*frame)->header.error(); !wrong.empty()) {
      return base::fail("InvalidMessage", "message " + std::to_string(messages.size()) +
                                              " of the body has no valid \"" + wrong + "\"");
    }
  }
  return messages;
}

}  // namespace faasbatch::peers
