// FunctionWorkflows as resources: kept by an agent on one machine, by the API server in a cluster.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::cli {

// Which are shown, and how.
struct Shown {
  std::string name;            // empty: all
  bool allNamespaces = false;  // with their names in front
  bool wide = false;           // more columns
};

struct AppliedWorkflow {
  std::string name;
  std::string what;  // "created", "configured", "unchanged"
  std::vector<std::string> warnings;
};

// Those of one namespace. Messages name what is missing and say what to do.
class Workflows {
 public:
  using Rows = std::vector<std::vector<std::string>>;
  virtual ~Workflows() = default;

  virtual base::Result<std::string> get(const std::string& name) = 0;  // JSON; kind "NotFound"
  virtual base::Result<std::string> list(bool allNamespaces) = 0;      // JSON with "items"
  virtual base::Result<Rows> rows(const Shown& shown) = 0;             // for people, the heading first
  // One YAML or JSON document. Every fault; one without a path where it was not the document's.
  virtual std::expected<AppliedWorkflow, std::vector<workflow::Fault>> apply(const std::string& document) = 0;
  virtual base::Result<void> remove(const std::string& name) = 0;
};

}  // namespace faasbatch::cli
