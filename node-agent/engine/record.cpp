#include "node-agent/engine/record.h"

#include "lib/json/write.h"
#include "node-agent/engine/record_merge.h"
#include "node-agent/engine/root_list.h"
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
  json::appendNumbers(object.key("index"), indexPath(s, id));
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

// The steps of a record, up to the bound.
class StepList {
 public:
  explicit StepList(const State& s) : s_(s) {
    if (!s.shared() || !s.isHome()) return;
    told_.resize(s.roots.size());
    for (Position p = 0; p < s.roots.size(); ++p) {
      told_[p] = !s.ownership->mine(p) || s.roots[p].lostRecords.count > 0 || s.roots[p].givenAt > 0;
    }
  }

  // A step that others have told of stands where its last instance does, with all inside it.
  void add(StepId id) {
    const Step& step = s_.steps[id];
    if (!told_.empty() && step.role != Role::kRun) {
      const Position position = rootPosition(s_, id);
      if (told_[position]) {
        if (id == s_.roots[position].step) add(toldOf(position));
        return;
      }
    }
    if (!listed(s_, step) || full(1)) return;
    if (steps_.count++ > 0) steps_.json += ',';
    appendStep(steps_.json, s_, id);
  }

  bool truncated() const { return steps_.truncated; }
  StepRecords take() { return std::move(steps_); }

 private:
  bool full(std::uint32_t more) {
    if (steps_.count + more > kMaxRecordSteps) steps_.truncated = true;
    return steps_.truncated;
  }

  StepRecords toldOf(Position position) const {
    const RootStep& root = s_.roots[position];
    StepRecords now = root.records;
    if (s_.ownership->mine(position)) {
      now = records(s_, subtree(s_, root.step), kMaxEndRecordBytes);
    } else if (now.count == 0 && listed(s_, s_.steps[root.step])) {
      appendStep(now.json, s_, root.step);
      now.count = 1;
    }
    return merged(root.lostRecords, now);
  }

  void add(const StepRecords& records) {
    if (records.count == 0 || full(records.count)) return;
    if (steps_.count > 0) steps_.json += ',';
    steps_.json += records.json;
    steps_.count += records.count;
    steps_.truncated = records.truncated;
  }

  const State& s_;
  std::vector<bool> told_;  // by position: of these, more is known than their instances here tell, or less
  StepRecords steps_;
};

void appendSteps(Object& object, const State& s) {
  StepList list(s);
  for (StepId id = 0; id < s.steps.size() && !list.truncated(); ++id) list.add(id);
  const bool truncated = list.truncated();
  object.raw("steps", '[' + list.take().json + ']');
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

StepRecords records(const State& s, const std::vector<StepId>& steps, std::size_t maxBytes) {
  StepRecords records;
  for (const StepId id : steps) {
    if (!listed(s, s.steps[id])) continue;
    records.truncated = records.json.size() > maxBytes || records.count == kMaxRecordSteps;
    if (records.truncated) break;
    if (records.count++ > 0) records.json += ',';
    appendStep(records.json, s, id);
  }
  return records;
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
