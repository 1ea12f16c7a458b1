#include "node-agent/engine/values_json.h"

#include <utility>

#include "lib/json/check.h"

namespace faasbatch::engine {
namespace {

using json::Object;

// The order in which a receipt is written.
constexpr std::array kReceiptParts{
    &calls::Receipt::engine,    &calls::Receipt::queue, &calls::Receipt::window, &calls::Receipt::cold,
    &calls::Receipt::transport, &calls::Receipt::exec,  &calls::Receipt::store,  &calls::Receipt::wait};

constexpr std::array<std::pair<std::string_view, StepEnd::Status>, 4> kStatuses{
    {{"succeeded", StepEnd::Status::kSucceeded},
     {"skipped", StepEnd::Status::kSkipped},
     {"failed", StepEnd::Status::kFailed},
     {"timedOut", StepEnd::Status::kTimedOut}}};

StepEnd::Status readStatus(Fields& fields) {
  const std::string text = fields.text("status");
  for (const auto& [name, status] : kStatuses) {
    if (name == text) return status;
  }
  fields.fail("status");
  return StepEnd::Status::kFailed;
}

}  // namespace

void writeOutput(std::string& out, const OutputRef& output, Payloads* beside) {
  Object object(out);
  if (output.store == OutputRef::Store::kInline) {
    if (beside) {
      object.number("payload", beside->size());
      beside->push_back(output.payload);
    } else {
      object.raw("json", json::oneLine(output.payload.view()));
    }
  } else {
    object.text("store", output.store == OutputRef::Store::kNode ? "Node" : "Cluster")
        .text("key", output.key);
    object.number("size", output.size);
  }
  object.end();
}

void writeValue(std::string& out, const OutputValue& value, Payloads* beside) {
  if (!value.list) return writeOutput(out, value.ref, beside);
  Object object(out);
  json::appendList(object.key("list"), value.items,
                   [beside](std::string& to, const OutputValue& item) { writeValue(to, item, beside); });
  object.end();
}

void writeReceipt(std::string& out, const calls::Receipt& receipt) {
  for (const auto part : kReceiptParts) {
    out += part == kReceiptParts[0] ? '[' : ',';
    out += std::to_string((receipt.*part).count());
  }
  out += ']';
}

void writeWhere(std::string& out, const calls::Where& where) {
  Object(out)
      .text("node", where.node)
      .text("pod", where.pod)
      .text("batch", where.batch)
      .number("batchSize", where.batchSize)
      .end();
}

void writeError(std::string& out, const RunError& error) {
  Object(out)
      .text("type", error.type)
      .text("message", error.message)
      .text("step", error.step)
      .number("attempts", error.attempts)
      .end();
}

void writeRecords(Object& object, const StepRecords& records) {
  if (records.count == 0 && !records.truncated) return;
  object.raw("records", '[' + records.json + ']').number("recordCount", records.count);
  if (records.truncated) object.boolean("recordsTruncated", true);
}

void writeEnd(Object& object, const StepEnd& end, Payloads* beside) {
  object.number("position", end.position).number("epoch", end.epoch);
  for (const auto& [name, status] : kStatuses) {
    if (status == end.status) object.text("status", name);
  }
  if (end.status == StepEnd::Status::kSucceeded) writeValue(object.key("output"), end.output, beside);
  if (end.failed()) writeError(object.key("error"), end.error);
  if (end.receipt != calls::Receipt()) writeReceipt(object.key("receipt"), end.receipt);
  if (end.began) object.number("began", end.began->count());
  if (end.cause) object.number("cause", *end.cause);
  if (end.attempts > 0) object.number("attempts", end.attempts);
  writeRecords(object, end.records);
}

base::Payload readJson(Fields& fields) {
  const auto text = fields.raw("json");
  if (!text || !json::check(*text)) {
    fields.fail("json");
    return {};
  }
  return base::Payload(std::string(*text));
}

OutputRef readOutput(Fields fields, Fields& outer, const Payloads* beside) {
  OutputRef output;
  if (fields.has("payload")) {
    const std::uint32_t place = fields.small("payload");
    if (beside && place < beside->size()) {
      output.payload = (*beside)[place];
    } else {
      fields.fail("payload");
    }
    output.size = output.payload.size();
  } else if (fields.has("json")) {
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

OutputValue readValue(Fields fields, Fields& outer, const Payloads* beside, int depth) {
  OutputValue value;
  if (!fields.has("list")) {
    value.ref = readOutput(std::move(fields), outer, beside);
    return value;
  }
  value.list = true;
  const auto items = json::elements(*fields.raw("list"));
  if (!items || depth >= kMaxOutputDepth) {
    outer.fail("list");
    return value;
  }
  for (const std::string_view item : *items) {
    value.items.push_back(readValue(Fields(item), outer, beside, depth + 1));
  }
  return value;
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

calls::Where readWhere(Fields fields, Fields& outer) {
  calls::Where where{fields.text("node"), fields.text("pod"), fields.text("batch"),
                     fields.small("batchSize")};
  outer.take(fields);
  return where;
}

RunError readError(Fields fields, Fields& outer) {
  RunError error{fields.text("type"), fields.text("message"), fields.text("step"), fields.small("attempts")};
  outer.take(fields);
  return error;
}

StepRecords readRecords(Fields& fields) {
  StepRecords records;
  if (!fields.has("records")) return records;
  const std::string_view text = *fields.raw("records");
  if (text.size() < 2 || text.front() != '[' || !json::check(text)) {
    fields.fail("records");
    return records;
  }
  records.json = text.substr(1, text.size() - 2);
  records.count = fields.small("recordCount");
  records.truncated = fields.has("recordsTruncated");
  return records;
}

StepEnd readEnd(Fields& fields, const Payloads* beside) {
  StepEnd end{
      .position = fields.small("position"), .epoch = fields.small("epoch"), .status = readStatus(fields)};
  if (fields.has("output")) end.output = readValue(fields.object("output"), fields, beside);
  if (fields.has("error")) end.error = readError(fields.object("error"), fields);
  if (fields.has("receipt")) end.receipt = readReceipt(fields);
  if (fields.has("began")) end.began = base::Duration(fields.number("began"));
  if (fields.has("cause")) end.cause = fields.small("cause");
  if (fields.has("attempts")) end.attempts = fields.small("attempts");
  end.records = readRecords(fields);
  return end;
}

}  // namespace faasbatch::engine
