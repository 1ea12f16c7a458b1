// The compiled form of a FunctionWorkflow: what the engine runs. Nodes and blocks lie flat in vectors and
// name one another by index; a plan is immutable and shared by all runs of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/cel/expression.h"
#include "lib/workflow/function.h"
#include "lib/workflow/template.h"

namespace faasbatch::workflow {

using NodeIndex = std::uint32_t;
using BlockIndex = std::uint32_t;
using FunctionIndex = std::uint32_t;

enum class NodeKind { kFunction, kWorkflow, kGroup, kSwitch, kWait, kFail };

struct Foreach {
  Template items;
  std::uint32_t maxConcurrency = 0;  // 0: no bound of its own
};

inline constexpr std::uint32_t kDefaultRepeatLimit = 100;

struct Repeat {
  Template until;
  std::uint32_t limit = kDefaultRepeatLimit;
  base::Duration delay{0};
};

struct Arm {
  std::optional<Template> when;  // nothing: the default arm, last
  BlockIndex block = 0;
};

struct Catch {
  std::vector<std::string> on;  // error types, at least one; "*": all but Cancelled
  BlockIndex block = 0;
};

// What an expression sees follows from where it stands: input, steps and run everywhere; item and index
// inside a step with foreach; index and last inside one with repeat; output in repeat.until alone; error
// inside a catch. "Inside" means the step's input (or its body and arms), which are evaluated for each item
// or turn. when, foreach.items and catch belong to the step as a whole, are evaluated once, and do not see
// its own item, index and last (they see those of the steps around it).
//
// One step. Edges join steps of one block only: a reference from inside a nested block to a step of an
// enclosing one is an edge of the step of that enclosing block which contains it.
struct Node {
  NodeIndex index = 0;
  std::string name;
  std::string path;  // "spec.steps[2]", for messages
  BlockIndex block = 0;
  NodeKind kind = NodeKind::kFunction;
  std::vector<NodeIndex> predecessors;  // ascending, no duplicates
  std::vector<NodeIndex> successors;

  std::optional<Template> when;           // false: skipped, output null
  std::optional<base::Duration> timeout;  // of the step as a whole, over all its attempts
  RetryPolicy retry;                      // the step's own or its function's
  std::vector<Catch> catches;
  std::optional<Foreach> foreach;
  std::optional<Repeat> repeat;

  std::optional<Template> input;      // kFunction, kWorkflow; nothing: the run's input
  FunctionIndex function = 0;         // kFunction
  std::string workflow;               // kWorkflow
  BlockIndex body = 0;                // kGroup
  std::vector<Arm> arms;              // kSwitch
  base::Duration wait{0};             // kWait without waitUntil
  std::optional<Template> waitUntil;  // kWait: a timestamp or a duration
  std::optional<Template> failType;   // kFail
  std::optional<Template> failMessage;
};

// A list of steps: the root, a group's, an arm's, a catch's. Its output is that of `last`.
struct Block {
  std::vector<NodeIndex> nodes;  // in the order written
  NodeIndex last = 0;
  std::optional<NodeIndex> owner;  // the step that holds it; nothing for the root (block 0)
};

enum class Control { kWorker, kHome };

struct Plan {
  std::string nameSpace;
  std::string name;
  std::string digest;  // hex SHA-256 of the canonical spec: the same workflow has the same digest
  std::vector<FunctionSpec> functions;
  std::vector<Block> blocks;  // [0] is the root
  std::vector<Node> nodes;
  std::optional<Template> output;
  base::Duration timeout = std::chrono::minutes(15);
  Control control = Control::kWorker;

  std::optional<FunctionIndex> findFunction(std::string_view function) const;
};

using PlanPtr = std::shared_ptr<const Plan>;

}  // namespace faasbatch::workflow
