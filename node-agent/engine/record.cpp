#include "node-agent/engine/record.h"

#include "lib/json/write.h"
#include "node-agent/engine/scope.h"
#include "node-agent/engine/text.h"

namespace faasbatch::engine {
namespace {

using json::Object;
using workflow::NodeKind;

const char* name(OutputRef::Store store) {
  switch (store) {
    case OutputRef::Store::kInline:
      return "Inline";
    case OutputRef::Store::kNode:
      return "Node";
    case OutputRef::Store::kCluster:
      return "Cluster";
  }
  return "";
}

const char* name(Attempt::Status status) {
  switch (status) {
    case Attempt::Status::kRunning:
      return "Running";
    case Attempt::Status::kSucceeded:
      return "Succeeded";
    case Attempt::Status::kFailed:
      return "Failed";
    case Attempt::Status::kCancelled:
      return "Cancelled";
    case Attempt::Status::kTimedOut:
      return "TimedOut";
  }
  return "";
}

const char* statusName(const Step& step) {
  switch (step.status) {
    case StepStatus::kActive:
      return step.begun ? "Running" : "Pending";
    case StepStatus::kSucceeded:
      return "Succeeded";
    case StepStatus::kFailed:
      return "Failed";
    case StepStatus::kSkipped:
      return "Skipped";
    case StepStatus::kCancelled:
      return "Cancelled";
    case StepStatus::kTimedOut:
      return "TimedOut";
  }
  return "";
}

void appendReceipt(std::string& out, const calls::Receipt& receipt) {
  Object object(out);
  object.raw("total", millisText(receipt.total()))
      .raw("engine", millisText(receipt.engine))
      .raw("queue", millisText(receipt.queue))
      .raw("window", millisText(receipt.window))
      .raw("cold", millisText(receipt.cold))
      .raw("transport", millisText(receipt.transport))
      .raw("exec", millisText(receipt.exec))
      .raw("store", millisText(receipt.store));
  if (receipt.wait != base::Duration(0)) object.raw("wait", millisText(receipt.wait));
  object.end();
}

void appendError(std::string& out, const ErrorText& error) {
  Object(out).text("type", error.type).text("message", error.message).end();
}

void appendAttempt(std::string& out, const State& s, const Attempt& attempt) {
  Object object(out);
  object.number("number", attempt.number).text("status", name(attempt.status));
  if (attempt.place != kNone) {
    const calls::Where& where = s.places[attempt.place];
    object.text("node", where.node)
        .text("pod", where.pod)
        .text("batch", where.batch)
        .number("batchSize", where.batchSize);
  } else {
    object.null("node").null("pod").null("batch").null("batchSize");
  }
  object.text("startedAt", base::formatRfc3339(attempt.startedAt));
  if (attempt.status == Attempt::Status::kRunning) {
    object.null("receipt");
  } else {
    appendReceipt(object.key("receipt"), attempt.receipt);
  }
  if (attempt.error) {
    appendError(object.key("error"), *attempt.error);
  } else {
    object.null("error");
  }
  object.end();
}

// A restart or a cancellation can leave a step of a foreach or repeat itself to be told of; otherwise its
// items tell.
bool listed(const State& s, const Step& step) {
  if (step.role == Role::kRun) return false;
  if (step.status == StepStatus::kSkipped || step.selfFailed) return true;
  if (!doesWork(s, step)) return false;
  const NodeKind kind = s.node(step).kind;
  return kind != NodeKind::kGroup && kind != NodeKind::kSwitch;
}

void appendStep(std::string& out, const State& s, StepId id) {
  const Step& step = s.steps[id];
  Object object(out);
  object.text("name", stepName(s, id));
  std::string& index = object.key("index");
  index += '[';
  for (const std::uint32_t i : indexPath(s, id)) {
    if (index.back() != '[') index += ',';
    index += std::to_string(i);
  }
  index += ']';
  object.text("status", statusName(step)).text("store", name(step.store));
  std::string& attempts = object.key("attempts");
  attempts += '[';
  for (std::uint32_t i = step.firstAttempt; i != kNone; i = s.attempts[i].next) {
    if (i != step.firstAttempt) attempts += ',';
    appendAttempt(attempts, s, s.attempts[i]);
  }
  attempts += ']';
  if (step.error) appendError(object.key("error"), *step.error);
  object.end();
}

void appendSteps(Object& object, const State& s) {
  std::string& out = object.key("steps");
  out += '[';
  std::size_t count = 0;
  bool truncated = false;
  for (StepId id = 0; id < s.steps.size() && !truncated; ++id) {
    if (!listed(s, s.steps[id])) continue;
    truncated = count == kMaxRecordSteps;
    if (truncated) break;
    if (count++ > 0) out += ',';
    appendStep(out, s, id);
  }
  out += ']';
  if (truncated) object.boolean("stepsTruncated", true);
}

void appendHead(Object& object, const Run& run) {
  const Accepted& accepted = run.accepted();
  const auto time = [&object](const char* key, bool known, base::Instant at) {
    if (known) {
      object.text(key, base::formatRfc3339(at));
    } else {
      object.null(key);
    }
  };
  object.text("id", accepted.id);
  if (accepted.plans && accepted.plans->main) {
    object.text("namespace", accepted.plans->main->nameSpace).text("workflow", accepted.plans->main->name);
  }
  if (accepted.function) {
    object.text("function", *accepted.function);
  } else {
    object.null("function");
  }
  object.text("status", name(run.status()));
  time("createdAt", true, run.createdAt());
  time("startedAt", run.state().called, run.startedAt());
  time("finishedAt", run.ended(), run.finishedAt());
}

void appendRunError(Object& object, const Run& run) {
  if (!run.ended() || run.status() == RunStatus::kSucceeded) {
    object.null("error");
    return;
  }
  const RunError& error = run.error();
  Object(object.key("error"))
      .text("type", error.type)
      .text("message", error.message)
      .text("step", error.step)
      .number("attempts", error.attempts)
      .end();
}

}  // namespace

const char* name(RunStatus status) {
  switch (status) {
    case RunStatus::kPending:
      return "Pending";
    case RunStatus::kRunning:
      return "Running";
    case RunStatus::kSucceeded:
      return "Succeeded";
    case RunStatus::kFailed:
      return "Failed";
    case RunStatus::kCancelled:
      return "Cancelled";
    case RunStatus::kTimedOut:
      return "TimedOut";
  }
  return "";
}

std::string record(const Run& run, const base::Payload* output) {
  std::string out;
  Object object(out);
  appendHead(object, run);
  const bool tooLarge = run.status() == RunStatus::kSucceeded && run.output().size > kMaxRecordOutput;
  if (output && !tooLarge && output->size() <= kMaxRecordOutput) {
    object.raw("output", output->view());
  } else {
    object.null("output");
    if (output || tooLarge) object.boolean("outputTruncated", true);
  }
  appendRunError(object, run);
  if (run.ended()) {
    appendReceipt(object.key("receipt"), run.receipt());
  } else {
    object.null("receipt");
  }
  appendSteps(object, run.state());
  object.end();
  return out;
}

std::string summary(const Run& run) {
  std::string out;
  Object object(out);
  appendHead(object, run);
  appendRunError(object, run);
  object.end();
  return out;
}

}  // namespace faasbatch::engine
