// Outputs, receipts and ends of steps as JSON, for the journal and for messages between agents.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lib/json/write.h"
#include "node-agent/calls/call.h"
#include "node-agent/engine/fields.h"
#include "node-agent/engine/ownership.h"

namespace faasbatch::engine {

// Payloads that travel beside the JSON text, which names them by their place: {"payload":0}. Where there is
// no such list they stand in the text: {"json":...}.
using Payloads = std::vector<base::Payload>;

inline constexpr int kMaxOutputDepth = 32;  // lists in lists

void writeOutput(std::string& out, const OutputRef& output, Payloads* beside = nullptr);
void writeValue(std::string& out, const OutputValue& value, Payloads* beside = nullptr);
void writeReceipt(std::string& out, const calls::Receipt& receipt);
void writeWhere(std::string& out, const calls::Where& where);
void writeError(std::string& out, const RunError& error);
// Its members into an object that is being written.
void writeEnd(json::Object& object, const StepEnd& end, Payloads* beside = nullptr);
void writeRecords(json::Object& object, const StepRecords& records);

// What is wrong is told to `outer`; then the value is of no use.
base::Payload readJson(Fields& fields);
OutputRef readOutput(Fields fields, Fields& outer, const Payloads* beside = nullptr);
OutputValue readValue(Fields fields, Fields& outer, const Payloads* beside = nullptr, int depth = 0);
calls::Receipt readReceipt(Fields& outer);  // its member "receipt"
calls::Where readWhere(Fields fields, Fields& outer);
RunError readError(Fields fields, Fields& outer);
StepEnd readEnd(Fields& fields, const Payloads* beside = nullptr);
StepRecords readRecords(Fields& fields);

}  // namespace faasbatch::engine
