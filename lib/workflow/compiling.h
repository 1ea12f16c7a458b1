// A workflow while it is compiled: the plan as far as it is made, and what is known only on the way.
//
// The passes, in order: readFunctions, outline (nodes, blocks and names: everything a reference may mean),
// readSteps (fields and templates), resolveReferences (edges), findCycles, findWarnings. Each reports its
// faults and goes on.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/tree/tree.h"
#include "lib/workflow/faults.h"
#include "lib/workflow/plan.h"

namespace faasbatch::workflow {

using tree::Tree;

// What an expression sees besides input, steps and run; it follows from where the expression stands.
struct Scope {
  bool item = false;
  bool index = false;
  bool last = false;
  bool error = false;
  bool output = false;
};

// One template of the manifest.
struct Site {
  std::optional<NodeIndex> node;  // nothing: spec.output
  std::string path;
  Template text;
  Scope scope;
};

class Fields;

struct Compiling {
  Plan plan;
  Faults faults;
  std::vector<Fault> warnings;
  std::vector<const Tree*> sources;                  // of the nodes
  std::vector<Scope> blockScopes;                    // of the blocks
  std::vector<bool> catching;                        // of the blocks: a catch's
  std::unordered_map<std::string, NodeIndex> steps;  // by name; the first of one name
  std::unordered_map<std::string, FunctionIndex> functions;
  std::vector<bool> functionUsed;
  std::vector<Site> sites;
  bool tooManySteps = false;

  Block& blockOf(const Node& node) { return plan.blocks[node.block]; }
};

void readFunctions(Compiling& c, const Fields& spec);
void outlineSteps(Compiling& c, const Fields& spec);
void readSteps(Compiling& c);
void resolveReferences(Compiling& c);
void findCycles(Compiling& c);
void findWarnings(Compiling& c);

// Parses the template at `path` and notes it for resolveReferences(). Faults are reported; a step name with a
// hyphen that was written steps.a-b gets its hint.
std::optional<Template> readTemplate(Compiling& c, std::optional<NodeIndex> node, const Tree& tree,
                                     const std::string& path, const Scope& scope);

// The hint for an expression that holds `steps.a-b` where a step is called so; empty otherwise.
std::string hyphenHint(const Compiling& c, const std::string& expression);

// retry: {limit, on, backoff}; nothing where the map has none.
std::optional<RetryPolicy> readRetry(const Fields& owner);
// `on` of a retry or a catch, or what YAML 1.1 made of it: schema_build.h, onReadAsTrue().
std::vector<std::string> readErrorTypes(const Fields& owner);

}  // namespace faasbatch::workflow
