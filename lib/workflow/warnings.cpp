// What is allowed and yet hardly meant.
#include <algorithm>
#include <string>
#include <vector>

#include "lib/json/quote_name.h"
#include "lib/tree/tree.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

// The value of a condition that holds no expression.
std::optional<bool> constantValue(const std::optional<Template>& condition) {
  if (!condition || !condition->constant()) return std::nullopt;
  return condition->tree().flag;
}

void warn(Compiling& c, std::string path, std::string message) {
  if (c.warnings.size() < kMaxFaults) c.warnings.push_back({std::move(path), std::move(message)});
}

void warnOfArms(Compiling& c, const Node& node) {
  bool always = false;
  for (std::size_t i = 0; i < node.arms.size(); ++i) {
    const std::string path = itemPath(memberPath(node.path, "switch"), i);
    const auto value = constantValue(node.arms[i].when);
    if (always) {
      warn(c, path, "never runs: an arm before it is always chosen");
    } else if (value == false) {
      warn(c, path, "never runs: its when is false");
    }
    always = always || value == true;
  }
}

void warnOfCatches(Compiling& c, const Node& node) {
  std::vector<std::string> caught;
  const auto isCaught = [&](const std::string& type) {
    return std::ranges::any_of(caught, [&](const std::string& earlier) {
      return earlier == type || (earlier == "*" && type != "Cancelled");
    });
  };
  for (std::size_t i = 0; i < node.catches.size(); ++i) {
    const std::vector<std::string>& on = node.catches[i].on;
    if (!on.empty() && std::ranges::all_of(on, isCaught)) {
      warn(c, itemPath(memberPath(node.path, "catch"), i),
           "never runs: the arms before it catch all that it names");
    }
    caught.insert(caught.end(), on.begin(), on.end());
  }
}

void warnOfFail(Compiling& c, const Node& node) {
  if (node.kind != NodeKind::kFail || node.when || !node.catches.empty()) return;
  for (const NodeIndex after : node.successors) {
    warn(c, c.plan.nodes[after].path, "never runs: it waits for the fail step " + json::quoteName(node.name));
  }
}

}  // namespace

void findWarnings(Compiling& c) {
  for (FunctionIndex i = 0; i < c.plan.functions.size(); ++i) {
    if (c.functionUsed[i]) continue;
    warn(c, itemPath("spec.functions", i),
         "no step uses the function " + json::quoteName(c.plan.functions[i].name));
  }
  for (const Node& node : c.plan.nodes) {
    if (constantValue(node.when) == false) warn(c, node.path, "never runs: its when is false");
    if (node.kind == NodeKind::kWorkflow && node.workflow == c.plan.name && !node.when) {
      warn(c, node.path, "runs its own workflow without a when that would end it");
    }
    warnOfArms(c, node);
    warnOfCatches(c, node);
    warnOfFail(c, node);
  }
}

}  // namespace faasbatch::workflow
