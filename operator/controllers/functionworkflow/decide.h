// The whole status of a FunctionWorkflow out of everything that bears on it. Pure; docs/cluster.md and
// docs/operator.md have the conditions and their reasons.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "operator/controllers/functionworkflow/analysis.h"
#include "operator/controllers/functionworkflow/figures.h"
#include "operator/controllers/functionworkflow/sources.h"
#include "operator/controllers/functionworkflow/status.h"
#include "operator/inventory/inventory.h"
#include "operator/placement/place.h"

namespace faasbatch::controllers {

// Figures alone are written this often at most.
inline constexpr base::Duration kFiguresEvery = std::chrono::seconds(30);
// An agent that served a generation and does not say so any more (it has started anew) has this long before
// Ready says so.
inline constexpr base::Duration kServingGrace = std::chrono::seconds(10);

// What is remembered from one decision to the next; a new leader begins with none of it.
struct Memory {
  Weights weights;
  base::Instant replicasChangedAt;
  base::Instant figuresAt;   // when they were written last
  base::Instant unservedAt;  // since when a workflow that was Ready is not served everywhere; 0: it is
};

struct Observed {
  std::int64_t generation = 0;
  std::string uid;
  placement::Mode mode = placement::Mode::kGrouped;
  const Analysis& analysis;                     // of this generation
  std::span<const Found> found;                 // of analysis.references, one each
  std::span<const placement::NodeFacts> nodes;  // by name; used and committed are those of others
  const Reports& reports;                       // of this workflow
  const std::map<std::string, inventory::Agent>& agents;
  const Status& previous;
  const Memory& memory;
  base::Instant now;
};

// What users are told of, once for each change.
struct Note {
  bool warning = false;
  std::string reason;
  std::string action;
  std::string message;
  friend bool operator==(const Note&, const Note&) = default;
};

struct Decision {
  Status status;
  Memory memory;
  std::vector<Note> notes;
  base::Instant again = base::Instant::never();  // look again then, even if nothing happens
};

Decision decide(const Observed& observed);

}  // namespace faasbatch::controllers
