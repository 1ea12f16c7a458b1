// One attempt of one step of a run, as the batcher and the pods see it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/payload.h"
#include "lib/base/time.h"
#include "node-agent/calls/receipt.h"

namespace faasbatch::calls {

// Names a function across the agent.
struct FunctionKey {
  std::string nameSpace;
  std::string workflow;
  std::string function;
  friend auto operator<=>(const FunctionKey&, const FunctionKey&) = default;
  std::string describe() const { return nameSpace + "/" + workflow + "/" + function; }
  // Of an old revision of a workflow, `workflow` is NAME@DIGEST: the name alone.
  std::string workflowName() const { return workflow.substr(0, workflow.find('@')); }
};

using CallId = std::uint64_t;  // unique in this process

struct Call {
  CallId id = 0;
  std::string invocationId;  // of the run, as users see it
  std::string step;
  std::vector<std::uint32_t> index;  // of foreach and repeat, outermost first
  std::uint32_t attempt = 1;
  base::Payload input;
  base::Instant deadline;  // the attempt ends "Timeout" in the queue or in the pod, whichever holds it then
  base::Duration timeout;  // from its start in the pod
  bool isolate = false;    // alone in a process: a mate of a crashed batch is tried again
  bool alone = false;      // in a pod with nothing else (then `isolate` says nothing): its last pod was lost
};

// Where an attempt ran.
struct Where {
  std::string node;  // "local" on one machine
  std::string pod;
  std::string batch;
  std::uint32_t batchSize = 0;
  friend bool operator==(const Where&, const Where&) = default;
};

// What became of an attempt. Error kinds are the contract's error types.
struct CallError {
  std::string type;
  std::string message;
  std::string traceback;     // for the log, may be empty
  bool blameless = false;    // not held against the call: a lost pod, a mate's crash; retried by itself
  bool unexplained = false;  // its pod's connection was cut, and the pod's provider may soon know why
  friend bool operator==(const CallError&, const CallError&) = default;
};

struct CallResult {
  std::expected<base::Payload, CallError> outcome;
  Where where;
  base::Instant startedAt;  // when it left the queue; the time it ended where it never did
  base::Instant finishedAt;
  Receipt receipt;  // of submit() to finishedAt
};

struct LogLine {
  base::Instant time;
  std::string stream;  // "stdout", "stderr", "system"
  std::string text;
};

}  // namespace faasbatch::calls
